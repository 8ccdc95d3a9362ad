-- A journal carries its legs, and posts itself: a trigger moves the balances, checks, and writes the
-- postings. Whoever inserts a journal, and however, gets a whole one or none; nobody inserts a
-- posting. One row at a time: PostgreSQL sets a query over a set of rows up anew for each statement,
-- which was a third of the work for a journal of two legs.
DROP TRIGGER ledger_leg_moves ON wallets_posting;
DROP FUNCTION ledger_leg_moves;
DROP TRIGGER ledger_postings_made ON wallets_posting;
DROP FUNCTION ledger_postings_made;
DROP FUNCTION ledger_leg_is_right;
DROP FUNCTION ledger_posted_before;
DROP FUNCTION ledger_post_batch;

CREATE TRIGGER ledger_history_stays_whole BEFORE INSERT ON wallets_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_moved_by_triggers_alone();

-- Names are qualified instead of a search path being set, which would cost a tenth of a posting.
-- Legs stand in the order of their accounts, which is the order in which accounts are locked. A hot
-- account is not locked: what it gets is noted, to be rolled up.
--
-- The way of nearly all costs the least: what is not plainly right goes on to ledger_examine, which
-- names what is wrong, or finds it right after all (a reversal, two currencies).
--
-- Of a batch, whose ids stand in a setting, the first does the work for all, if all are plainly
-- right. The setting is no more than advice: whoever writes something else into it has each journal
-- posted by itself, and the primary key of postings lets none be posted twice.
CREATE FUNCTION ledger_journal_posts() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_debits smallint[];
    v_credits smallint[];
    v_account bigint;
    v_amount bigint;
    v_before bigint := 0;
    v_total bigint := 0;
    v_is_right boolean := NEW.reverses_id IS NULL;
    v_currency text;
    v_currency_before text;
    v_balance bigint;
    v_version bigint;
    v_kind smallint;
    v_sign smallint;
    v_floor bigint;
    v_held bigint;
    v_is_closed boolean;
BEGIN
    IF current_setting('ledger.batch', true) <> '' THEN
        IF current_setting('ledger.batch') <> 'posted' THEN
            PERFORM set_config('ledger.batch',
                CASE WHEN public.ledger_batch_posts(current_setting('ledger.batch')::bigint[])
                THEN 'posted' END, true);
        END IF;
        IF EXISTS (SELECT FROM public.wallets_posting WHERE journal_id = NEW.id) THEN
            RETURN NULL;
        END IF;
    END IF;
    IF cardinality(NEW.accounts) <> cardinality(NEW.amounts) OR cardinality(NEW.accounts) < 2 THEN
        PERFORM public.ledger_refuse('NCL08',
            'there must be two legs or more, and one amount for each');
    END IF;
    IF NEW.effective_at NOT BETWEEN '2000-01-01' AND '2200-01-01' THEN
        -- What can't be read (infinity, a year of five digits) would spoil a statement for good.
        PERFORM public.ledger_refuse('NCL08', 'the time is far out of range');
    END IF;
    SELECT debits, credits INTO v_debits, v_credits
      FROM public.wallets_journalkind WHERE code = NEW.kind;
    FOR i IN 1 .. cardinality(NEW.accounts) LOOP
        v_account := NEW.accounts[i];
        v_amount := NEW.amounts[i];
        IF v_account <= v_before THEN
            PERFORM public.ledger_refuse('NCL08', 'accounts stand in their order, each once');
        END IF;
        IF v_amount = 0 OR v_amount NOT BETWEEN -9007199254740991 AND 9007199254740991 THEN
            PERFORM public.ledger_refuse('NCL08', 'an amount is zero, or too great',
                jsonb_build_object('key', NEW.key));
        END IF;
        v_before := v_account;
        v_total := v_total + v_amount;
        UPDATE public.wallets_balance SET balance = balance + v_amount, version = version + 1
         WHERE account_id = v_account AND NOT is_deferred
        RETURNING balance, version, currency, kind_id, sign, floor, held, is_closed
             INTO v_balance, v_version, v_currency, v_kind, v_sign, v_floor, v_held, v_is_closed;
        IF v_version IS NULL THEN
            SELECT currency, kind_id, is_closed INTO v_currency, v_kind, v_is_closed
              FROM public.wallets_balance WHERE account_id = v_account;
            INSERT INTO public.wallets_unrolled (account_id, amount, postings)
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
        INSERT INTO public.wallets_posting (journal_id, account_id, amount, balance_after, version)
        VALUES (NEW.id, v_account, v_amount, v_balance, v_version);
    END LOOP;
    IF NOT v_is_right OR v_total <> 0 THEN
        PERFORM public.ledger_examine(NEW.id);
    END IF;
    RETURN NULL;
END $$;

-- Deferrable, so that what must come between a journal and its legs can (captures of holds, the
-- locks of a batch). Whoever defers it further only has it done, or be refused, at the commit.
CREATE CONSTRAINT TRIGGER ledger_journal_posts AFTER INSERT ON wallets_journal
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION ledger_journal_posts();

-- Post journals that have no legs yet, in the order of their ids, by a few statements for all, and
-- return whether it was done. Where one of them is not plainly right nothing is done, and each goes
-- its own way.
CREATE FUNCTION ledger_batch_posts(p_journals bigint[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_is_plain boolean;
    v_ids bigint[];
    v_accounts bigint[];
    v_amounts bigint[];
    v_balances bigint[];
    v_versions bigint[];
BEGIN
    PERFORM FROM wallets_balance
      WHERE account_id IN (SELECT unnest(accounts) FROM wallets_journal WHERE id = ANY (p_journals))
        AND NOT is_deferred
      ORDER BY account_id FOR NO KEY UPDATE;
    WITH kinds AS MATERIALIZED (
        SELECT code, debits, credits FROM wallets_journalkind
    )
    SELECT bool_and((is_plain AND NOT is_closed
                     AND kind_id = ANY (CASE WHEN amount > 0 THEN debits ELSE credits END)
                     AND amount BETWEEN -9007199254740991 AND 9007199254740991 AND amount <> 0
                     AND (floor IS NULL OR sign * amount > 0
                          OR sign * balance_after - held >= floor)) IS TRUE)
               AND min(currency) = max(currency),
           array_agg(id), array_agg(account_id), array_agg(amount), array_agg(balance_after),
           array_agg(version_after)
      INTO v_is_plain, v_ids, v_accounts, v_amounts, v_balances, v_versions
      FROM (SELECT j.id, leg.account_id, leg.amount, k.debits, k.credits,
                   b.kind_id, b.sign, b.floor, b.held, b.is_closed, b.currency,
                   j.reverses_id IS NULL AND j.effective_at BETWEEN '2000-01-01' AND '2200-01-01'
                   AND CASE cardinality(j.accounts)
                       WHEN 2 THEN j.accounts[1] < j.accounts[2] AND j.amounts[1] = -j.amounts[2]
                       ELSE cardinality(j.accounts) > 2
                            AND (SELECT sum(each) FROM unnest(j.amounts) AS each) = 0
                            AND j.accounts = ARRAY(SELECT DISTINCT each
                                                     FROM unnest(j.accounts) AS each ORDER BY 1)
                       END AS is_plain,
                   CASE WHEN NOT b.is_deferred THEN b.version + count(*) OVER w END
                   AS version_after,
                   CASE WHEN NOT b.is_deferred THEN b.balance + (sum(leg.amount) OVER w)::bigint END
                   AS balance_after
              FROM wallets_journal j
              LEFT JOIN kinds k ON k.code = j.kind
             CROSS JOIN unnest(j.accounts, j.amounts) AS leg (account_id, amount)
              LEFT JOIN wallets_balance b ON b.account_id = leg.account_id
             WHERE j.id = ANY (p_journals)
            WINDOW w AS (PARTITION BY leg.account_id ORDER BY j.id)) numbered;
    IF v_is_plain IS NOT TRUE THEN
        RETURN false;
    END IF;
    INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
    SELECT * FROM unnest(v_ids, v_accounts, v_amounts, v_balances, v_versions);
    UPDATE wallets_balance b SET balance = b.balance + moved.amount, version = b.version + moved.steps
      FROM (SELECT account_id, sum(amount)::bigint AS amount, count(*) AS steps
              FROM unnest(v_accounts, v_amounts, v_versions) AS leg (account_id, amount, version)
             WHERE version IS NOT NULL GROUP BY account_id) moved
     WHERE b.account_id = moved.account_id;
    IF array_position(v_versions, NULL) IS NOT NULL THEN
        INSERT INTO wallets_unrolled (account_id, amount, postings)
        SELECT account_id, sum(amount)::bigint, count(*)
          FROM unnest(v_accounts, v_amounts, v_versions) AS leg (account_id, amount, version)
         WHERE version IS NULL GROUP BY account_id;
    END IF;
    RETURN true;
END $$;

-- Post one journal. Amounts are signed minor units, debit above zero; accounts in the order of
-- their ids, each once.
--
-- The key decides first: a second call with the same key waits for the first, and then gets its
-- journal with is_new = false, or is refused where the legs or the kind differ. Then holds are
-- captured, and the trigger does the rest.
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
    v_is_new integer := 1;
BEGIN
    IF p_holds IS NOT NULL THEN
        SET CONSTRAINTS ledger_journal_posts DEFERRED;
    END IF;
    INSERT INTO wallets_journal (kind, key, accounts, amounts, effective_at, recorded_at, cause,
                                 reverses_id)
    VALUES (p_kind, p_key, coalesce(p_accounts, '{}'), coalesce(p_amounts, '{}'), p_effective_at,
            clock_timestamp(), p_cause, p_reverses)
    ON CONFLICT (key) DO NOTHING RETURNING id INTO v_journal;
    IF v_journal IS NULL THEN
        v_journal := ledger_posted_before(p_kind, p_key, p_accounts, p_amounts, p_reverses);
        v_is_new := 0;
    ELSIF p_holds IS NOT NULL THEN
        PERFORM ledger_capture(v_journal, p_accounts, p_amounts, p_holds, p_captures);
    END IF;
    IF p_holds IS NOT NULL THEN
        SET CONSTRAINTS ledger_journal_posts IMMEDIATE;
    END IF;
    RETURN ARRAY[v_journal, v_is_new] || ARRAY(SELECT balance_after FROM wallets_posting
                                                WHERE journal_id = v_journal ORDER BY account_id);
END $$;

-- Return the journal that was posted under the key; refuse other content.
CREATE FUNCTION ledger_posted_before(
    p_kind text, p_key text, p_accounts bigint[], p_amounts bigint[], p_reverses bigint
) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_old wallets_journal;
BEGIN
    SELECT * INTO STRICT v_old FROM wallets_journal WHERE key = p_key;
    IF (v_old.kind, v_old.accounts, v_old.amounts, v_old.reverses_id)
       IS DISTINCT FROM (p_kind::varchar, p_accounts, p_amounts, p_reverses) THEN
        PERFORM ledger_refuse('NCL02', 'this key was used for other content',
            jsonb_build_object('key', p_key, 'journal_id', v_old.id));
    END IF;
    RETURN v_old.id;
END $$;

-- Post many journals, all or none, in their order. The accounts and amounts of each are an array
-- written as text, because PostgreSQL has no arrays of arrays that differ in length.
--
-- Batches take turns at their keys in a fixed order, then insert the keys, then the accounts are
-- locked in theirs, so that no two batches and no single posting wait for each other in a ring.
CREATE FUNCTION ledger_post_batch(
    p_kinds text[], p_keys text[], p_effective_at timestamptz[], p_causes text[],
    p_accounts text[], p_amounts text[],
    OUT journal_ids bigint[], OUT are_new boolean[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_made_ids bigint[];
    v_made_keys text[];
BEGIN
    IF cardinality(p_keys) IS DISTINCT FROM cardinality(p_accounts)
       OR cardinality(p_keys) IS DISTINCT FROM cardinality(p_amounts) THEN
        PERFORM ledger_refuse('NCL08', 'there must be accounts and amounts for each journal');
    END IF;
    PERFORM pg_advisory_xact_lock(20, turn.hash)  -- LEDGER_KEY in nannychain/locks.py
       FROM (SELECT DISTINCT hashtext(key) AS hash FROM unnest(p_keys) AS key ORDER BY 1) turn;
    SET CONSTRAINTS ledger_journal_posts DEFERRED;
    WITH made AS (
        INSERT INTO wallets_journal AS j (kind, key, accounts, amounts, effective_at, recorded_at,
                                          cause)
        SELECT d.kind, d.key, d.accounts::bigint[], d.amounts::bigint[], d.effective_at,
               clock_timestamp(), d.cause
          FROM unnest(p_kinds, p_keys, p_effective_at, p_causes, p_accounts, p_amounts)
               AS d (kind, key, effective_at, cause, accounts, amounts)
        ON CONFLICT (key) DO NOTHING RETURNING j.id, j.key
    )
    SELECT array_agg(made.id), array_agg(made.key) INTO v_made_ids, v_made_keys FROM made;
    PERFORM set_config('ledger.batch', v_made_ids::text, true);
    SET CONSTRAINTS ledger_journal_posts IMMEDIATE;
    PERFORM set_config('ledger.batch', '', true);
    IF cardinality(v_made_ids) = cardinality(p_keys) THEN
        journal_ids := v_made_ids;
        are_new := array_fill(true, ARRAY[cardinality(p_keys)]);
        RETURN;
    END IF;
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

-- Name what is wrong with a journal whose legs have moved their balances; go on where nothing is.
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
END $$;
