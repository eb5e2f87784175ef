-- The peer of `make bench`: the same ledger in PostgreSQL, as a user would write it.
-- Double entry in minor units, unique request ids, no overdraft; fsync and synchronous_commit on.
DROP TABLE IF EXISTS posting, transaction, account;
CREATE TABLE account (id int PRIMARY KEY, currency text NOT NULL, balance bigint NOT NULL);
CREATE TABLE transaction (request text PRIMARY KEY, account int NOT NULL, amount bigint NOT NULL,
                          code text NOT NULL, balance bigint);
CREATE TABLE posting (entry bigserial PRIMARY KEY, request text NOT NULL, account int NOT NULL,
                      amount bigint NOT NULL);
INSERT INTO account SELECT i, '203', 1000000000 FROM generate_series(0, 999) i;
INSERT INTO account VALUES (-1, '203', -1000000000000);
CREATE SEQUENCE IF NOT EXISTS stan;

-- One debit a call: dedupe by request id, check, two postings, the answer.
CREATE OR REPLACE FUNCTION debit(request_ text, account_ int, amount_ bigint) RETURNS text AS $$
DECLARE code_ text; left_ bigint;
BEGIN
    SELECT code INTO code_ FROM transaction WHERE request = request_;
    IF FOUND THEN RETURN code_; END IF;
    UPDATE account SET balance = balance - amount_
     WHERE id = account_ AND balance >= amount_ RETURNING balance INTO left_;
    code_ := CASE WHEN FOUND THEN '00' ELSE '51' END;
    INSERT INTO transaction VALUES (request_, account_, amount_, code_, left_);
    IF code_ = '00' THEN
        INSERT INTO posting (request, account, amount)
        VALUES (request_, account_, -amount_), (request_, -1, amount_);
    END IF;
    RETURN code_;
END $$ LANGUAGE plpgsql;

-- A set of debits a call: the fastest thing a careful user would do, one statement a group. The
-- overdraft check is on the group's sum for an account, which is weaker than ours; it is faster.
CREATE OR REPLACE FUNCTION debit_set(count_ int) RETURNS int AS $$
    WITH asked AS (
        SELECT 'S' || nextval('stan') AS request, (random() * 999)::int AS account, 100::bigint AS amount
          FROM generate_series(1, count_)),
    fresh AS (
        INSERT INTO transaction (request, account, amount, code)
        SELECT request, account, amount, '00' FROM asked
        ON CONFLICT DO NOTHING RETURNING request, account, amount),
    posted AS (
        INSERT INTO posting (request, account, amount)
        SELECT request, account, -amount FROM fresh
        UNION ALL SELECT request, -1, amount FROM fresh),
    sums AS (SELECT account, sum(amount) AS amount FROM fresh GROUP BY account),
    moved AS (
        UPDATE account a SET balance = a.balance - s.amount FROM sums s
         WHERE a.id = s.account AND a.balance >= s.amount RETURNING 1)
    SELECT count(*)::int FROM moved
$$ LANGUAGE sql;
