-- One row an account. Left out on purpose: churn_flag, which says that an account churned but not
-- when (it would leak the outcome into every snapshot); plan_tier, seats and is_trial, which are
-- undated too and stand, dated, in the subscriptions.
SELECT
    account_id,
    signup_date AS started_on,
    account_name AS name,
    industry,
    country AS region
FROM 'ravenstack_accounts.csv'
