-- The peer of `make bench`: the same ledger in PostgreSQL, as a user would write it.
-- Double entry in minor units, unique request ids, no overdraft; fsync and synchronous_commit on.
DROP TABLE IF EXISTS posting, transaction, account, outbox;
CREATE TABLE account (id int PRIMARY KEY, currency text NOT NULL, balance bigint NOT NULL);
CREATE TABLE transaction (request text PRIMARY KEY, account int NOT NULL, amount bigint NOT NULL,
                          code text NOT NULL, balance bigint);
CREATE TABLE posting (entry bigserial PRIMARY KEY, request text NOT NULL, account int NOT NULL,
                      amount bigint NOT NULL);
INSERT INTO account SELECT i, '203', 1000000000 FROM generate_series(0, 999) i;
INSERT INTO account VALUES (-1, '203', -1000000000000);
CREATE TABLE outbox (id bigserial PRIMARY KEY, event text NOT NULL);
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
    INSERT INTO outbox (event) VALUES (json_build_object('request', request_, 'account', account_,
        'amount', amount_, 'code', code_, 'balance', left_)::text);
    RETURN code_;
END $$ LANGUAGE plpgsql;

-- What the ledger's topic would hold, as the same JSON, made before the clock runs: a thousand
-- requests a batch. Our figure includes reading its input, so the peer reads its input too.
DROP TABLE IF EXISTS batch;
CREATE TABLE batch (id int PRIMARY KEY, requests text NOT NULL);
INSERT INTO batch
SELECT b, json_agg(json_build_object('request', 'ATM' || lpad((random() * 31)::int::text, 5, '0')
                       || '-20261122-' || lpad((b * 1000 + i)::text, 12, '0'),
                   'account', (random() * 999)::int, 'amount', 100, 'currency', '203'))::text
  FROM generate_series(1, 500) b, generate_series(0, 999) i GROUP BY b;
CREATE SEQUENCE IF NOT EXISTS batch_next;

-- A set of debits in one statement, doing the same work: dedupe, the running balance decides each
-- debit in its order, the answer with its balance, two postings, the outgoing event.
CREATE OR REPLACE FUNCTION debit_set() RETURNS int AS $$
    WITH asked AS (
        SELECT ordinality AS i, request, account, amount
          FROM (SELECT requests::json AS requests FROM batch
                 WHERE id = (SELECT nextval('batch_next') OFFSET 0)) b,
               LATERAL ROWS FROM (json_to_recordset(b.requests)
                   AS (request text, account int, amount bigint)) WITH ORDINALITY),
    held AS (SELECT id, balance FROM account WHERE id IN (SELECT account FROM asked) FOR UPDATE),
    decided AS (
        SELECT i, request, k.account, amount,
               h.balance - sum(amount) OVER (PARTITION BY k.account ORDER BY i) AS left_
          FROM asked k JOIN held h ON h.id = k.account),
    fresh AS (
        INSERT INTO transaction (request, account, amount, code, balance)
        SELECT request, account, amount, CASE WHEN left_ >= 0 THEN '00' ELSE '51' END, left_
          FROM decided ORDER BY i
        ON CONFLICT DO NOTHING RETURNING request, account, amount, code, balance),
    posted AS (
        INSERT INTO posting (request, account, amount)
        SELECT request, account, -amount FROM fresh WHERE code = '00'
        UNION ALL SELECT request, -1, amount FROM fresh WHERE code = '00'),
    told AS (
        INSERT INTO outbox (event)
        SELECT json_build_object('request', request, 'account', account, 'amount', amount,
                                 'code', code, 'balance', balance)::text FROM fresh),
    moved AS (
        UPDATE account a SET balance = a.balance - s.amount
          FROM (SELECT account, sum(amount) AS amount FROM fresh WHERE code = '00'
                 GROUP BY account
                UNION ALL SELECT -1, -sum(amount) FROM fresh WHERE code = '00') s
         WHERE a.id = s.account RETURNING 1)
    SELECT count(*)::int FROM moved
$$ LANGUAGE sql;
