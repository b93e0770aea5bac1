-- There are no contracts here, and none are invented. What the study calls its yearly amount is a
-- RUN-RATE: the product revenue of the trailing 90 days x 365 / 90. It is written as periods so
-- that one definition of "amount at a date" serves every data set: the revenue of one day counts
-- for the 90 days that begin with it, and the sum of the periods active on a date is then exactly
-- the run-rate on that date.
--
-- It follows that an account "churned" when it had no revenue in the last 90 days of the horizon.
-- "Renewed" says the same the other way round and nothing more: a period ends because 90 days are
-- over, nobody decided it.
--
-- Cancellations (negative quantity) are set against what was bought on the SAME day, which undoes
-- the two largest orders of the file, cancelled within minutes. A return on a later day cannot be
-- traced to its order (the file has no invoice number) and is left out, so the run-rate is a
-- little too high for customers who return much. Days whose net amount is not positive give no
-- period. Charges that are no product are left out as in usage.sql.
SELECT
    CustomerID AS account_id,
    CAST(InvoiceDate AS DATE) AS started_on,
    CAST(InvoiceDate AS DATE) + 90 AS ended_on,
    round(sum(CAST(Quantity AS INTEGER) * CAST(UnitPrice AS DECIMAL(12, 3))) * 365 / 90, 2) AS arr
FROM 'online_retail.csv.gz'
WHERE CustomerID IS NOT NULL
    AND Description NOT IN (
        'POSTAGE', 'DOTCOM POSTAGE', 'CARRIAGE', 'Manual', 'Discount', 'Bank Charges', 'SAMPLES',
        'CRUK Commission'
    )
GROUP BY CustomerID, CAST(InvoiceDate AS DATE)
HAVING sum(CAST(Quantity AS INTEGER) * CAST(UnitPrice AS DECIMAL(12, 3))) > 0
