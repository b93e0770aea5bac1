-- One row a contract period. An account has 2 to 19 of them and they overlap: ARR at a date is the
-- sum of those active. Trials (arr_amount 0) stay, since their seats are in use.
--
-- Left out on purpose: churn_flag, upgrade_flag and downgrade_flag, which are undated and would
-- leak the future; what happens after the as-of date is computed from the periods themselves.
SELECT
    account_id,
    start_date AS started_on,
    end_date AS ended_on,
    arr_amount AS arr,
    seats,
    plan_tier AS product
FROM 'ravenstack_subscriptions.csv'
