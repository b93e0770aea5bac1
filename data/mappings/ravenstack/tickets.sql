-- One row a support ticket. Times are cut to calendar dates. satisfaction_score (1 to 5) is empty
-- where the customer was not asked or did not answer, and stays empty.
SELECT
    account_id,
    submitted_at AS opened_on,
    closed_at AS closed_on,
    priority AS severity,
    satisfaction_score AS score
FROM 'ravenstack_support_tickets.csv'
