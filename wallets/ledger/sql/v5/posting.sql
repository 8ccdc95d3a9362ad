-- A journal is posted by the function that inserts it, and no longer by a trigger on its table: what
-- PostgreSQL does for a trigger that fires afterwards was a sixth of a posting.
DROP TRIGGER ledger_journal_posts ON wallets_journal;
DROP FUNCTION ledger_journal_posts;
DROP TRIGGER ledger_batch_posts ON ledger_batch;
DROP FUNCTION ledger_batch_posts;
DROP VIEW ledger_batch;
DROP FUNCTION ledger_post_batch;
DROP FUNCTION ledger_post_one_by_one;
DROP TRIGGER ledger_history_stays ON wallets_balance;
DROP TRIGGER ledger_history_stays ON wallets_unrolled;
DROP TRIGGER ledger_history_stays_whole ON wallets_posting;
DROP FUNCTION ledger_moved_by_triggers_alone;
DROP TRIGGER ledger_manual_was_approved ON wallets_journal;
DROP FUNCTION ledger_manual_was_approved;

-- Rolled up as a whole every two seconds: nothing looks a row up by its number.
ALTER TABLE wallets_unrolled DROP COLUMN id;

-- Journals, postings and balances are written by the functions that post, and by the triggers of
-- accounts, holds and roll-ups. This holds for the owner of the tables too. The functions are known
-- by their search path, which names a schema twice: a setting of our own would need a superuser, and
-- being asked from a trigger costs more. An owner who sets it by hand could put the triggers off as
-- well.
CREATE FUNCTION ledger_written_by_functions_alone() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF pg_catalog.current_setting('search_path') <> 'public, pg_temp, public'
       AND pg_catalog.pg_trigger_depth() < 2 THEN
        PERFORM public.ledger_refuse('NCL07', TG_TABLE_NAME || ' is not changed by hand');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_history_stays_whole BEFORE INSERT ON wallets_journal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_written_by_functions_alone();
CREATE TRIGGER ledger_history_stays_whole BEFORE INSERT ON wallets_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_written_by_functions_alone();
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE OR DELETE ON wallets_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_written_by_functions_alone();
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE ON wallets_unrolled
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_written_by_functions_alone();

-- No manual journal without its proposal, which the checks of its table let two people alone post,
-- and with no other legs. Looked at when the transaction ends: the proposal learns its journal
-- after it is posted.
CREATE FUNCTION ledger_manual_was_approved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_journal wallets_journal;
BEGIN
    SELECT * INTO STRICT v_journal FROM wallets_journal WHERE id = NEW.journal_id;
    IF NOT EXISTS (SELECT FROM wallets_manualjournal m
                    WHERE m.journal_id = v_journal.id AND m.state = 'POSTED'
                      AND v_journal.key = 'manual:' || m.id
                      AND v_journal.effective_at = m.effective_at
                      AND NOT EXISTS (
                          SELECT FROM jsonb_to_recordset(m.stored_legs)
                                      AS leg (account_id bigint, amount bigint)
                            FULL JOIN unnest(v_journal.accounts, v_journal.amounts)
                                      AS posted (account_id, amount) USING (account_id)
                           WHERE leg.amount IS DISTINCT FROM posted.amount)) THEN
        PERFORM ledger_refuse('NCL04', 'a manual journal is proposed by one, approved by another',
            jsonb_build_object('key', v_journal.key));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_manual_was_approved AFTER INSERT ON wallets_manualposting
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_manual_was_approved();
CREATE TRIGGER ledger_history_stays BEFORE UPDATE OR DELETE ON wallets_manualposting
    FOR EACH ROW EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_manualposting
    EXECUTE FUNCTION ledger_history_stays();

-- Name what is wrong with a journal that is not plainly right, or find it right after all (a
-- reversal, two currencies).
CREATE OR REPLACE FUNCTION ledger_examine(p_journal bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_journal wallets_journal;
    v_bad record;
BEGIN
    SELECT * INTO STRICT v_journal FROM wallets_journal WHERE id = p_journal;
    SELECT p.account_id, b.is_closed, b.account_id IS NULL AS is_unknown INTO v_bad
      FROM wallets_posting p LEFT JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.journal_id = p_journal AND (b.account_id IS NULL OR b.is_closed) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NCL05',
            CASE WHEN v_bad.is_unknown THEN 'no such account' ELSE 'the account is closed' END,
            jsonb_build_object('account_id', v_bad.account_id, 'key', v_journal.key));
    END IF;
    SELECT b.currency, sum(p.amount) AS rest INTO v_bad
      FROM wallets_posting p JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.journal_id = p_journal GROUP BY b.currency HAVING sum(p.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NCL03', 'the legs do not add up to zero',
            jsonb_build_object('key', v_journal.key, 'currency', v_bad.currency,
                               'rest', v_bad.rest));
    END IF;
    PERFORM ledger_examine_kinds(v_journal);
    SELECT p.account_id, abs(p.amount) AS amount,
           b.sign::numeric * (p.balance_after - p.amount) - b.held - b.floor AS available
      INTO v_bad
      FROM wallets_posting p JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.journal_id = p_journal AND b.floor IS NOT NULL AND b.sign * p.amount < 0
       AND b.sign * p.balance_after - b.held < b.floor LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NCL01', 'not enough is available',
            jsonb_build_object('key', v_journal.key, 'account_id', v_bad.account_id,
                               'available', v_bad.available, 'needed', v_bad.amount));
    END IF;
    IF EXISTS (SELECT FROM wallets_posting p JOIN wallets_balance b USING (account_id)
                WHERE p.journal_id = p_journal AND b.is_deferred <> (p.version IS NULL)) THEN
        -- Between two strict accounts, of which the kind of journal says that one is hot.
        PERFORM ledger_refuse('NCL03', 'a posting does not follow the one before it',
            jsonb_build_object('key', v_journal.key));
    END IF;
END $$;

-- Move the balances for a journal of any form, check it, and write its postings. Returns the
-- balances after it in the order of its accounts, NULL for hot ones.
--
-- Legs stand in the order of their accounts, which is the order in which accounts are locked. A hot
-- account is not locked: what it gets is noted, to be rolled up.
CREATE FUNCTION ledger_move(p_journal bigint) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = public, pg_temp, public AS $$
DECLARE
    v_journal wallets_journal;
    v_debits smallint[];
    v_credits smallint[];
    v_accounts bigint[];
    v_amounts bigint[];
    v_account bigint;
    v_amount bigint;
    v_before bigint := 0;
    v_total bigint := 0;
    v_is_right boolean;
    v_currency varchar;
    v_currency_before varchar;
    v_balance bigint;
    v_version bigint;
    v_kind smallint;
    v_sign smallint;
    v_floor bigint;
    v_held bigint;
    v_is_closed boolean;
    v_balances bigint[];
    v_versions bigint[];
BEGIN
    SELECT * INTO STRICT v_journal FROM wallets_journal WHERE id = p_journal;
    v_is_right := v_journal.reverses_id IS NULL;
    v_accounts := v_journal.accounts;
    v_amounts := v_journal.amounts;
    IF cardinality(v_accounts) <> cardinality(v_amounts) OR cardinality(v_accounts) < 2 THEN
        PERFORM ledger_refuse('NCL08', 'there must be two legs or more, and one amount for each');
    END IF;
    IF v_journal.effective_at NOT BETWEEN '2000-01-01' AND '2200-01-01' THEN
        -- What can't be read (infinity, a year of five digits) would spoil a statement for good.
        PERFORM ledger_refuse('NCL08', 'the time is far out of range');
    END IF;
    IF v_journal.kind = 'ledger.manual' THEN
        INSERT INTO wallets_manualposting (journal_id) VALUES (p_journal);
    END IF;
    SELECT debits, credits INTO v_debits, v_credits
      FROM wallets_journalkind WHERE code = v_journal.kind;
    FOR i IN 1 .. cardinality(v_accounts) LOOP
        v_account := v_accounts[i];
        v_amount := v_amounts[i];
        IF (v_account > v_before) IS NOT TRUE THEN
            PERFORM ledger_refuse('NCL08', 'accounts stand in their order, each once');
        END IF;
        IF (v_amount <> 0 AND v_amount BETWEEN -9007199254740991 AND 9007199254740991)
           IS NOT TRUE THEN
            PERFORM ledger_refuse('NCL08', 'an amount is zero, or too great',
                jsonb_build_object('key', v_journal.key));
        END IF;
        v_before := v_account;
        v_total := v_total + v_amount;
        UPDATE wallets_balance SET balance = balance + v_amount, version = version + 1
         WHERE account_id = v_account AND NOT is_deferred
        RETURNING balance, version, currency, kind_id, sign, floor, held, is_closed
             INTO v_balance, v_version, v_currency, v_kind, v_sign, v_floor, v_held, v_is_closed;
        IF v_version IS NULL THEN
            SELECT currency, kind_id, is_closed INTO v_currency, v_kind, v_is_closed
              FROM wallets_balance WHERE account_id = v_account;
            INSERT INTO wallets_unrolled (account_id, amount, postings)
            VALUES (v_account, v_amount, 1);
        END IF;
        IF (NOT v_is_closed
            AND v_kind = ANY (CASE WHEN v_amount > 0 THEN v_debits ELSE v_credits END)
            AND (v_floor IS NULL OR v_sign * v_amount > 0
                 OR v_sign * v_balance - v_held >= v_floor)
            AND (i = 1 OR v_currency = v_currency_before)) IS NOT TRUE THEN
            v_is_right := false;
        END IF;
        v_currency_before := v_currency;
        v_balances[i] := v_balance;
        v_versions[i] := v_version;
    END LOOP;
    INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
    SELECT p_journal, leg.* FROM unnest(v_accounts, v_amounts, v_balances, v_versions) AS leg;
    IF NOT v_is_right OR v_total <> 0 THEN
        PERFORM ledger_examine(p_journal);
    END IF;
    RETURN v_balances;
END $$;

-- Post one journal. Amounts are signed minor units, debit above zero; accounts in the order of
-- their ids, each once.
--
-- The key decides first: a second call with the same key waits for the first, and then gets its
-- journal with is_new = false, or is refused where the legs or the kind differ. Then holds are
-- captured, balances moved and postings written.
--
-- Nearly all journals have two legs, with a hot account or without, and capture nothing. They are
-- written out, each check within a statement that is needed anyway, since PostgreSQL sets up each
-- expression of PL/pgSQL anew in each transaction. `ledger_move` does the others.
--
-- Returns the journal, 1 where it is new and 0 where it is not, and the balances after it in the
-- order of the accounts, NULL for hot ones: a flat array, since a row of columns costs a fifth more.
CREATE OR REPLACE FUNCTION ledger_post(
    p_kind text, p_key text, p_effective_at timestamptz, p_cause text, p_reverses bigint,
    p_accounts bigint[], p_amounts bigint[],
    p_holds bigint[] DEFAULT NULL, p_captures bigint[] DEFAULT NULL
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp, public AS $$
DECLARE
    v_journal bigint;
    v_is_pair boolean;
    v_sides smallint[];
    v_account bigint;
    v_account1 bigint;
    v_account2 bigint;
    v_amount1 bigint;
    v_amount2 bigint;
    v_balance1 bigint;
    v_balance2 bigint;
    v_version1 bigint;
    v_version2 bigint;
    v_currency varchar;
    v_is_right boolean;
    v_is_right1 boolean;
    v_is_right2 boolean;
BEGIN
    INSERT INTO wallets_journal AS j (kind, key, accounts, amounts, effective_at, recorded_at,
                                      cause, reverses_id)
    VALUES (p_kind, p_key, coalesce(p_accounts, '{}'), coalesce(p_amounts, '{}'), p_effective_at,
            clock_timestamp(), p_cause, p_reverses)
    ON CONFLICT (key) DO NOTHING
    RETURNING id, accounts[1], accounts[2], amounts[1], amounts[2],
              (SELECT sides FROM wallets_journalkind WHERE code = j.kind),
              p_holds IS NULL AND reverses_id IS NULL AND kind <> 'ledger.manual'
              AND cardinality(accounts) = 2 AND cardinality(amounts) = 2
              AND accounts[1] < accounts[2] AND amounts[1] <> 0
              AND amounts[1] BETWEEN -9007199254740991 AND 9007199254740991
              AND amounts[2] = -amounts[1]
              AND effective_at BETWEEN '2000-01-01' AND '2200-01-01'
         INTO v_journal, v_account1, v_account2, v_amount1, v_amount2, v_sides, v_is_pair;
    IF v_is_pair IS NOT TRUE THEN
        IF v_journal IS NULL THEN
            v_journal := ledger_posted_before(p_kind, p_key, p_accounts, p_amounts, p_reverses);
            RETURN ARRAY[v_journal, 0]
                   || ARRAY(SELECT balance_after FROM wallets_posting
                             WHERE journal_id = v_journal ORDER BY account_id);
        END IF;
        IF p_holds IS NOT NULL THEN
            PERFORM ledger_capture(v_journal, p_accounts, p_amounts, p_holds, p_captures);
        END IF;
        RETURN ARRAY[v_journal, 1] || ledger_move(v_journal);
    END IF;
    IF v_sides[1] <> 0 THEN
        -- On one side this kind of journal has hot accounts alone: the first leg from here on.
        IF (v_amount1 > 0) <> (v_sides[1] > 0) THEN
            v_account := v_account1;
            v_account1 := v_account2;
            v_account2 := v_account;
            v_amount1 := v_amount2;
            v_amount2 := -v_amount2;
        END IF;
        UPDATE wallets_balance SET balance = balance + v_amount2, version = version + 1
         WHERE account_id = v_account2 AND NOT is_deferred
        RETURNING balance, version, currency,
                  NOT is_closed AND -v_sides[1] * kind_id = ANY (v_sides)
                  AND (floor IS NULL OR sign * v_amount2 > 0 OR sign * balance - held >= floor)
             INTO v_balance2, v_version2, v_currency, v_is_right;
        INSERT INTO wallets_unrolled (account_id, amount, postings)
        SELECT account_id, v_amount1, 1 FROM wallets_balance
         WHERE account_id = v_account1 AND is_deferred AND NOT is_closed
           AND currency = v_currency AND v_sides[1] * kind_id = ANY (v_sides);
        IF NOT FOUND THEN
            IF v_version2 IS NULL THEN
                -- Nothing has moved: the other one is hot as well, or there is none.
                RETURN ARRAY[v_journal, 1] || ledger_move(v_journal);
            END IF;
            INSERT INTO wallets_unrolled (account_id, amount, postings)
            SELECT account_id, v_amount1, 1 FROM wallets_balance
             WHERE account_id = v_account1 AND is_deferred;
            v_is_right := false;
        END IF;
        INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
        VALUES (v_journal, v_account1, v_amount1, NULL, NULL),
               (v_journal, v_account2, v_amount2, v_balance2, v_version2);
        IF v_is_right IS NOT TRUE THEN
            PERFORM ledger_examine(v_journal);
        END IF;
        RETURN CASE WHEN v_account1 < v_account2 THEN ARRAY[v_journal, 1, NULL, v_balance2]
                    ELSE ARRAY[v_journal, 1, v_balance2, NULL] END;
    END IF;
    UPDATE wallets_balance SET balance = balance + v_amount1, version = version + 1
     WHERE account_id = v_account1 AND NOT is_deferred
    RETURNING balance, version, currency,
              NOT is_closed
              AND CASE WHEN v_amount1 > 0 THEN kind_id ELSE -kind_id END = ANY (v_sides)
              AND (floor IS NULL OR sign * v_amount1 > 0 OR sign * balance - held >= floor)
         INTO v_balance1, v_version1, v_currency, v_is_right1;
    UPDATE wallets_balance SET balance = balance + v_amount2, version = version + 1
     WHERE account_id = v_account2 AND NOT is_deferred
    RETURNING balance, version,
              NOT is_closed AND currency = v_currency
              AND CASE WHEN v_amount2 > 0 THEN kind_id ELSE -kind_id END = ANY (v_sides)
              AND (floor IS NULL OR sign * v_amount2 > 0 OR sign * balance - held >= floor)
         INTO v_balance2, v_version2, v_is_right2;
    INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
    VALUES (v_journal, v_account1, v_amount1, v_balance1, v_version1),
           (v_journal, v_account2, v_amount2, v_balance2, v_version2);
    IF (v_is_right1 AND v_is_right2) IS NOT TRUE THEN
        INSERT INTO wallets_unrolled (account_id, amount, postings)
        SELECT account_id, amount, 1
          FROM wallets_posting p JOIN wallets_balance b USING (account_id)
         WHERE p.journal_id = v_journal AND b.is_deferred;
        PERFORM ledger_examine(v_journal);
    END IF;
    RETURN ARRAY[v_journal, 1, v_balance1, v_balance2];
END $$;

-- Post a batch by a few statements for all, where all its journals are new and plainly right;
-- otherwise refuse it as NCL09, or for a key that is there. Keys first, then balances, in the order
-- of their accounts, as long as rows are not read as they lie.
--
-- The arrays are of any length, and PostgreSQL guesses ten; a plan made anew for each batch would
-- cost as much as it could save.
CREATE FUNCTION ledger_post_whole(
    p_kinds text[], p_keys text[], p_effective_at timestamptz[], p_causes text[],
    p_accounts text[], p_amounts text[]
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = public, pg_temp, public SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v_is_plain boolean;
    v_journals bigint[];
    v_ids bigint[];
    v_accounts bigint[];
    v_amounts bigint[];
    v_balances bigint[];
    v_versions bigint[];
BEGIN
    WITH made AS (
        INSERT INTO wallets_journal (kind, key, accounts, amounts, effective_at, recorded_at, cause)
        SELECT d.kind, d.key, d.accounts::bigint[], d.amounts::bigint[], d.effective_at,
               clock_timestamp(), d.cause
          FROM unnest(p_kinds, p_keys, p_effective_at, p_causes, p_accounts, p_amounts)
               AS d (kind, key, effective_at, cause, accounts, amounts)
        RETURNING id, kind, accounts, amounts, effective_at
    ), kinds AS MATERIALIZED (
        SELECT code, debits, credits FROM wallets_journalkind
    ), legs AS MATERIALIZED (
        SELECT j.id, leg.account_id, leg.amount,
               CASE WHEN leg.amount > 0 THEN k.debits ELSE k.credits END AS account_kinds,
               leg.amount BETWEEN -9007199254740991 AND 9007199254740991 AND leg.amount <> 0
               AND j.effective_at BETWEEN '2000-01-01' AND '2200-01-01'
               AND j.kind <> 'ledger.manual'
               AND CASE cardinality(j.accounts)
                   WHEN 2 THEN j.accounts[1] < j.accounts[2] AND j.amounts[1] = -j.amounts[2]
                   ELSE cardinality(j.accounts) > 2
                        AND array_ndims(j.amounts) = 1 AND array_lower(j.amounts, 1) = 1
                        AND (SELECT sum(each) FROM unnest(j.amounts) AS each) = 0
                        AND j.accounts = ARRAY(SELECT DISTINCT each
                                                 FROM unnest(j.accounts) AS each ORDER BY 1)
                   END AS is_plain
          FROM made j
          LEFT JOIN kinds k ON k.code = j.kind
          LEFT JOIN unnest(j.accounts, j.amounts) AS leg (account_id, amount) ON true
    ), moved AS (
        UPDATE wallets_balance b
           SET balance = b.balance + l.amount, version = b.version + l.steps
          FROM (SELECT account_id, sum(amount)::bigint AS amount, count(*) AS steps
                  FROM legs WHERE is_plain GROUP BY account_id ORDER BY account_id) l
         WHERE b.account_id = l.account_id AND NOT b.is_deferred
        RETURNING b.account_id, b.currency, b.kind_id, b.sign, b.floor, b.held, b.is_closed,
                  b.balance - l.amount AS balance_before, b.version - l.steps AS version_before
    )
    SELECT (SELECT array_agg(id) FROM made),
           bool_and((is_plain AND NOT is_closed AND kind_id = ANY (account_kinds)
                     AND (floor IS NULL OR sign * amount > 0
                          OR sign * balance_after - held >= floor)) IS TRUE)
               AND min(currency) = max(currency),
           array_agg(id), array_agg(account_id), array_agg(amount), array_agg(balance_after),
           array_agg(version_after)
      INTO v_journals, v_is_plain, v_ids, v_accounts, v_amounts, v_balances, v_versions
      FROM (SELECT leg.id, leg.account_id, leg.amount, leg.account_kinds, leg.is_plain,
                   m.sign, m.floor, m.held,
                   coalesce(m.currency, hot.currency) AS currency,
                   coalesce(m.kind_id, hot.kind_id) AS kind_id,
                   coalesce(m.is_closed, hot.is_closed) AS is_closed,
                   m.version_before + count(*) OVER w AS version_after,
                   m.balance_before + (sum(leg.amount) OVER w)::bigint AS balance_after
              FROM legs leg
              LEFT JOIN moved m ON m.account_id = leg.account_id
              LEFT JOIN LATERAL (
                    SELECT b.currency, b.kind_id, b.is_closed FROM wallets_balance b
                     WHERE m.account_id IS NULL AND b.account_id = leg.account_id
                    OFFSET 0) hot ON true
            WINDOW w AS (PARTITION BY leg.account_id ORDER BY leg.id)) numbered;
    IF v_is_plain IS NOT TRUE THEN
        PERFORM ledger_refuse('NCL09', 'not a plain batch');
    END IF;
    INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
    SELECT * FROM unnest(v_ids, v_accounts, v_amounts, v_balances, v_versions);
    IF array_position(v_versions, NULL) IS NOT NULL THEN
        INSERT INTO wallets_unrolled (account_id, amount, postings)
        SELECT account_id, sum(amount)::bigint, count(*)
          FROM unnest(v_accounts, v_amounts, v_versions) AS leg (account_id, amount, version)
         WHERE version IS NULL GROUP BY account_id;
    END IF;
    RETURN v_journals;
END $$;

-- Post many journals, all or none, in their order. The accounts and amounts of each are an array
-- written as text, because PostgreSQL has no arrays of arrays that differ in length.
--
-- Batches take turns at their keys in a fixed order, then insert the keys, then the accounts are
-- locked in theirs, so that no two batches and no single posting wait for each other in a ring.
-- What is not plain (a repetition, somebody without enough, two currencies) is posted one by one.
CREATE FUNCTION ledger_post_batch(
    p_kinds text[], p_keys text[], p_effective_at timestamptz[], p_causes text[],
    p_accounts text[], p_amounts text[],
    OUT journal_ids bigint[], OUT are_new boolean[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp, public AS $$
BEGIN
    IF cardinality(p_keys) IS DISTINCT FROM cardinality(p_accounts)
       OR cardinality(p_keys) IS DISTINCT FROM cardinality(p_amounts) THEN
        PERFORM ledger_refuse('NCL08', 'there must be accounts and amounts for each journal');
    END IF;
    PERFORM pg_advisory_xact_lock(20, turn.hash)  -- LEDGER_KEY in nannychain/locks.py
       FROM (SELECT DISTINCT hashtext(key) AS hash FROM unnest(p_keys) AS key ORDER BY 1) turn;
    BEGIN
        journal_ids := ledger_post_whole(
            p_kinds, p_keys, p_effective_at, p_causes, p_accounts, p_amounts);
        are_new := array_fill(true, ARRAY[cardinality(p_keys)]);
    EXCEPTION WHEN SQLSTATE 'NCL09' OR unique_violation THEN
        SELECT * INTO journal_ids, are_new FROM ledger_post_one_by_one(
            p_kinds, p_keys, p_effective_at, p_causes, p_accounts, p_amounts);
    END;
END $$;

-- Post the journals of a batch that is not plain: who has not enough is named, what was posted
-- before is found.
CREATE FUNCTION ledger_post_one_by_one(
    p_kinds text[], p_keys text[], p_effective_at timestamptz[], p_causes text[],
    p_accounts text[], p_amounts text[],
    OUT journal_ids bigint[], OUT are_new boolean[]
)
LANGUAGE plpgsql SET search_path = public, pg_temp, public SET enable_seqscan = off AS $$
DECLARE
    v_journal bigint;
    v_made_ids bigint[];
    v_made_keys text[];
BEGIN
    WITH made AS (
        INSERT INTO wallets_journal AS j (kind, key, accounts, amounts, effective_at, recorded_at,
                                          cause)
        SELECT d.kind, d.key, d.accounts::bigint[], d.amounts::bigint[], d.effective_at,
               clock_timestamp(), d.cause
          FROM unnest(p_kinds, p_keys, p_effective_at, p_causes, p_accounts, p_amounts)
               AS d (kind, key, effective_at, cause, accounts, amounts)
        ON CONFLICT (key) DO NOTHING RETURNING j.id, j.key
    )
    SELECT array_agg(made.id ORDER BY made.id), array_agg(made.key ORDER BY made.id)
      INTO v_made_ids, v_made_keys FROM made;
    PERFORM FROM wallets_balance
      WHERE account_id IN (SELECT unnest(accounts) FROM wallets_journal
                            WHERE id = ANY (v_made_ids))
        AND NOT is_deferred
      ORDER BY account_id FOR NO KEY UPDATE;
    FOREACH v_journal IN ARRAY coalesce(v_made_ids, '{}') LOOP
        PERFORM ledger_move(v_journal);
    END LOOP;
    -- The first place of a key in this batch makes the journal; a second is a repetition.
    SELECT array_agg(coalesce(m.id, ledger_posted_before(d.kind, d.key, d.accounts::bigint[],
                                                         d.amounts::bigint[], NULL))
                     ORDER BY d.position),
           array_agg(m.id IS NOT NULL ORDER BY d.position)
      INTO journal_ids, are_new
      FROM (SELECT *, row_number() OVER (PARTITION BY key ORDER BY position) AS turn
              FROM unnest(p_kinds, p_keys, p_accounts, p_amounts) WITH ORDINALITY
                   AS given (kind, key, accounts, amounts, position)) d
      LEFT JOIN unnest(v_made_ids, v_made_keys) AS m (id, key) ON m.key = d.key AND d.turn = 1;
END $$;
