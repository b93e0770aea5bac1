-- One row the use of one feature on one day, given to the account through its subscription.
--
-- Kept as they are, because they are the extract: rows dated before the start of their own
-- subscription (77 in 100); the 21 usage_id values that occur twice, which name different rows.
-- usage_duration_secs and error_count have no place in the contract.
SELECT
    subscriptions.account_id,
    usage.usage_date AS used_on,
    usage.feature_name AS feature,
    usage.usage_count AS events
FROM 'ravenstack_feature_usage.csv' AS usage
LEFT JOIN 'ravenstack_subscriptions.csv' AS subscriptions USING (subscription_id)
