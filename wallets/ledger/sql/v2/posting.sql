-- Posting with fewer statements, and with nothing that PostgreSQL reads anew for each statement (a
-- table's checks, a trigger's WHEN): that was a fifth of a posting's work.
--
-- Post one journal. Amounts are signed minor units, debit above zero; accounts in the order of
-- their ids, each once.
--
-- The key decides first: a second call with the same key waits for the first, and then gets its
-- journal with is_new = false, or is refused where the legs or the kind differ. Then holds are
-- captured, and the legs go in as one INSERT. Its triggers lock the accounts in their order, move
-- the strict balances, number the legs, and check them.
--
-- Returns the journal, 1 where it is new and 0 where it is not, and the balances after it in the
-- order of the accounts, NULL for hot ones: a flat array, since a row of columns costs a fifth more.
CREATE OR REPLACE FUNCTION ledger_post(
    p_kind text, p_key text, p_effective_at timestamptz, p_cause text, p_reverses bigint,
    p_accounts bigint[], p_amounts bigint[],
    p_holds bigint[] DEFAULT NULL, p_captures bigint[] DEFAULT NULL
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_journal bigint;
    v_answer bigint[];
    v_content text := '';
    v_hash bytea;
    v_balance bigint;
BEGIN
    IF cardinality(p_accounts) IS DISTINCT FROM cardinality(p_amounts)
       OR coalesce(cardinality(p_accounts), 0) < 2 THEN
        PERFORM ledger_refuse('NCL08', 'there must be two legs or more, and one amount for each');
    END IF;
    FOR i IN 1 .. cardinality(p_accounts) LOOP
        IF i > 1 AND p_accounts[i] <= p_accounts[i - 1] THEN
            PERFORM ledger_refuse('NCL08', 'accounts stand in their order, each once');
        END IF;
        v_content := v_content || p_accounts[i] || ':' || p_amounts[i] || ',';
    END LOOP;
    IF p_effective_at NOT BETWEEN '2000-01-01' AND '2200-01-01' THEN
        -- What can't be read (infinity, a year of five digits) would spoil a statement for good.
        PERFORM ledger_refuse('NCL08', 'the time is far out of range');
    END IF;
    v_hash := sha256(convert_to(v_content, 'UTF8'));
    INSERT INTO wallets_journal (kind, key, legs_hash, effective_at, recorded_at, cause,
                                 reverses_id)
    VALUES (p_kind, p_key, v_hash, p_effective_at, clock_timestamp(), p_cause, p_reverses)
    ON CONFLICT (key) DO NOTHING RETURNING id INTO v_journal;
    IF v_journal IS NULL THEN
        v_journal := ledger_posted_before(p_kind, p_key, v_hash, p_reverses);
        RETURN ARRAY[v_journal, 0] || ARRAY(SELECT balance_after FROM wallets_posting
                                            WHERE journal_id = v_journal ORDER BY account_id);
    END IF;
    IF p_holds IS NOT NULL THEN
        PERFORM ledger_capture(v_journal, p_accounts, p_amounts, p_holds, p_captures);
    END IF;
    v_answer := ARRAY[v_journal, 1];
    FOR v_balance IN
        INSERT INTO wallets_posting (journal_id, account_id, amount, version)
        SELECT v_journal, leg.account_id, leg.amount, 0
          FROM unnest(p_accounts, p_amounts) AS leg (account_id, amount)
        RETURNING balance_after
    LOOP
        v_answer := v_answer || v_balance;
    END LOOP;
    RETURN v_answer;
END $$;

-- A leg that comes without its number (0) gets it with the balance that it moves. A hot account
-- has no number, and nobody waits for it; nor has an account that there isn't, which is refused.
CREATE FUNCTION ledger_leg_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.wallets_balance b SET balance = b.balance + NEW.amount, version = b.version + 1
     WHERE b.account_id = NEW.account_id AND NOT b.is_deferred
    RETURNING b.balance, b.version INTO NEW.balance_after, NEW.version;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_leg_moves BEFORE INSERT ON wallets_posting
    FOR EACH ROW WHEN (NEW.version = 0) EXECUTE FUNCTION ledger_leg_moves();

-- The wall: whoever inserts postings, and however, they pass here or not at all. Names are
-- qualified instead of a search path being set, which would cost a tenth of a posting.
--
-- A leg has either moved its balance already, which shows by the account's standing at the leg's
-- number, or is to follow it by one and moves it here. That it only claims to have moved it is
-- impossible: the leg with that number is there, and there is no second one.
--
-- First the way of nearly all: one journal, in one currency, whose balances have moved.
CREATE OR REPLACE FUNCTION ledger_postings_made() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_is_plain boolean;
    v_is_hot boolean;
    v_still bigint;
    v_moved bigint;
BEGIN
    SELECT sum(f.amount) = 0 AND min(b.currency) = max(b.currency)
               AND sha256(convert_to(string_agg(f.account_id || ':' || f.amount || ',', ''),
                                     'UTF8')) = min(j.legs_hash)
               AND bool_and((f.version IS NULL
                             OR b.version = f.version AND b.balance = f.balance_after)
                            AND public.ledger_leg_is_right(
                   f.amount, f.balance_after, f.version, b.kind_id, b.sign, b.floor, b.held,
                   b.is_deferred, b.is_closed, j.reverses_id, k.debits, k.credits)),
           count(*) > count(f.version)
      INTO v_is_plain, v_is_hot
      FROM fresh f
      LEFT JOIN public.wallets_balance b ON b.account_id = f.account_id
      LEFT JOIN public.wallets_journal j ON j.id = f.journal_id
      LEFT JOIN public.wallets_journalkind k ON k.code = j.kind
     WHERE (SELECT min(journal_id) = max(journal_id) FROM fresh);  -- once, and first: not for a batch
    IF v_is_plain THEN
        IF v_is_hot THEN
            INSERT INTO public.wallets_unrolled (account_id, amount, postings)
            SELECT f.account_id, f.amount, 1 FROM fresh f WHERE f.version IS NULL;
        END IF;
        RETURN NULL;
    END IF;
    PERFORM public.ledger_examine(f.journal_id)
       FROM fresh f
       LEFT JOIN public.wallets_balance b ON b.account_id = f.account_id
       LEFT JOIN public.wallets_journal j ON j.id = f.journal_id
       LEFT JOIN public.wallets_journalkind k ON k.code = j.kind
      GROUP BY f.journal_id, j.legs_hash
     HAVING sum(f.amount) <> 0 OR min(b.currency) <> max(b.currency)
         OR NOT bool_and(public.ledger_leg_is_right(
                    f.amount, f.balance_after, f.version, b.kind_id, b.sign, b.floor, b.held,
                    b.is_deferred, b.is_closed, j.reverses_id, k.debits, k.credits))
         OR sha256(convert_to(string_agg(f.account_id || ':' || f.amount || ',', ''
                                         ORDER BY f.account_id), 'UTF8')) <> j.legs_hash;
    WITH last AS MATERIALIZED (
        SELECT f.account_id, min(f.version) AS first, max(f.version) AS last, count(*) AS steps,
               sum(f.amount) AS total,
               (array_agg(f.balance_after ORDER BY f.version DESC))[1] AS balance_after
          FROM fresh f WHERE f.version IS NOT NULL GROUP BY f.account_id
    ), still AS MATERIALIZED (
        SELECT l.* FROM last l JOIN public.wallets_balance b ON b.account_id = l.account_id
         WHERE b.version <> l.last OR b.balance <> l.balance_after
    ), moved AS (
        UPDATE public.wallets_balance b SET balance = l.balance_after, version = l.last
          FROM still l
         WHERE b.account_id = l.account_id AND b.version + 1 = l.first
           AND l.last - l.first + 1 = l.steps AND b.balance + l.total = l.balance_after
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM still), (SELECT count(*) FROM moved) INTO v_still, v_moved;
    IF v_moved <> v_still THEN
        PERFORM public.ledger_refuse('NCL03', 'a posting does not follow the one before it');
    END IF;
    INSERT INTO public.wallets_unrolled (account_id, amount, postings)
    SELECT f.account_id, sum(f.amount), count(*) FROM fresh f
     WHERE f.version IS NULL GROUP BY f.account_id;
    RETURN NULL;
END $$;

-- As before, but that the first of a batch that took too much is told from what has moved already.
CREATE OR REPLACE FUNCTION ledger_examine(p_journal bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_journal wallets_journal;
    v_bad record;
BEGIN
    SELECT * INTO v_journal FROM wallets_journal WHERE id = p_journal;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NCL08', 'no such journal');
    END IF;
    SELECT p.account_id, b.is_closed, b.account_id IS NULL AS is_unknown INTO v_bad
      FROM wallets_posting p LEFT JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.journal_id = p_journal AND (b.account_id IS NULL OR b.is_closed) LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NCL05',
            CASE WHEN v_bad.is_unknown THEN 'no such account' ELSE 'the account is closed' END,
            jsonb_build_object('account_id', v_bad.account_id, 'key', v_journal.key));
    END IF;
    IF EXISTS (SELECT FROM wallets_posting WHERE journal_id = p_journal
                AND (amount = 0 OR amount NOT BETWEEN -9007199254740991 AND 9007199254740991)) THEN
        PERFORM ledger_refuse('NCL08', 'an amount is zero, or too great',
            jsonb_build_object('key', v_journal.key));
    END IF;
    SELECT b.currency, sum(p.amount) AS rest INTO v_bad
      FROM wallets_posting p JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.journal_id = p_journal GROUP BY b.currency HAVING sum(p.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NCL03', 'the legs do not add up to zero',
            jsonb_build_object('key', v_journal.key, 'currency', v_bad.currency,
                               'rest', v_bad.rest));
    END IF;
    IF (SELECT sha256(convert_to(string_agg(account_id || ':' || amount || ',', ''
                                            ORDER BY account_id), 'UTF8'))
          FROM wallets_posting WHERE journal_id = p_journal) <> v_journal.legs_hash THEN
        PERFORM ledger_refuse('NCL07', 'a journal gets all its legs at once, and no other later',
            jsonb_build_object('key', v_journal.key));
    END IF;
    PERFORM ledger_examine_kinds(v_journal);
    SELECT p.account_id INTO v_bad
      FROM wallets_posting p JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.journal_id = p_journal AND b.floor IS NOT NULL AND b.sign * p.amount < 0
       AND b.sign * p.balance_after - b.held < b.floor LIMIT 1;
    IF FOUND THEN
        -- Of a batch, the first is named that took more from the account than there was.
        SELECT p.account_id, j.key, abs(p.amount) AS amount,
               b.sign::numeric * (p.balance_after - p.amount) - b.held - b.floor AS available
          INTO v_bad
          FROM wallets_balance b
          JOIN wallets_posting p ON p.account_id = b.account_id
            AND (p.version > b.version OR p.journal_id = p_journal)
          JOIN wallets_journal j ON j.id = p.journal_id
         WHERE b.account_id = v_bad.account_id AND b.sign * p.amount < 0
           AND b.sign * p.balance_after - b.held < b.floor
         ORDER BY p.version LIMIT 1;
        PERFORM ledger_refuse('NCL01', 'not enough is available',
            jsonb_build_object('key', v_bad.key, 'account_id', v_bad.account_id,
                               'available', v_bad.available, 'needed', v_bad.amount));
    END IF;
    IF EXISTS (SELECT FROM wallets_posting p JOIN wallets_balance b USING (account_id)
                WHERE p.journal_id = p_journal AND b.is_deferred <> (p.version IS NULL)) THEN
        PERFORM ledger_refuse('NCL03', 'a posting does not follow the one before it');
    END IF;
END $$;

-- Balances follow postings, holds and accounts, by triggers, and nothing else.
CREATE FUNCTION ledger_moved_by_triggers_alone() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF pg_catalog.pg_trigger_depth() < 2 THEN
        PERFORM public.ledger_refuse('NCL07', TG_TABLE_NAME || ' is not changed by hand');
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER ledger_history_stays ON wallets_balance;
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE OR DELETE ON wallets_balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_moved_by_triggers_alone();
DROP TRIGGER ledger_history_stays ON wallets_unrolled;
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE ON wallets_unrolled
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_moved_by_triggers_alone();
