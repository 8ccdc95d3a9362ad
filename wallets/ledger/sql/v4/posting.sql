-- A batch posts itself whole, by a few statements for all of its journals and none for each. It goes
-- through a view, whose trigger does the work: what a trigger of ours inserts is posted there, so
-- that the trigger on journals looks only at those that come by themselves.
DROP TRIGGER ledger_journal_posts ON wallets_journal;
DROP FUNCTION ledger_batch_posts;
DROP FUNCTION ledger_post_batch;

CREATE OR REPLACE FUNCTION ledger_refuse(p_state text, p_message text, p_detail jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_state, MESSAGE = p_message,
                          DETAIL = p_detail::pg_catalog.text;
END $$;

-- Names are qualified instead of a search path being set, which would cost a tenth of a posting.
-- Who puts the trigger off has it run as the owner, by the session's own path: so varchar, which is
-- a word of the grammar, and not text, which somebody's domain in pg_temp would stand before.
--
-- Legs stand in the order of their accounts, which is the order in which accounts are locked. A hot
-- account is not locked: what it gets is noted, to be rolled up.
--
-- The way of nearly all costs the least: what is not plainly right goes on to ledger_examine, which
-- names what is wrong, or finds it right after all (a reversal, two currencies).
--
-- What the balances are afterwards is told by a setting, with the journal's id, since a trigger
-- returns nothing, and reading them would cost a twentieth of a posting.
CREATE OR REPLACE FUNCTION ledger_journal_posts() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_debits smallint[];
    v_credits smallint[];
    v_accounts bigint[] := NEW.accounts;
    v_amounts bigint[] := NEW.amounts;
    v_legs integer := cardinality(v_accounts);
    v_account bigint;
    v_amount bigint;
    v_before bigint := 0;
    v_total bigint := 0;
    v_is_right boolean := NEW.reverses_id IS NULL;
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
    v_told varchar;
BEGIN
    IF v_legs <> cardinality(v_amounts) OR v_legs < 2 THEN
        PERFORM public.ledger_refuse('NCL08',
            'there must be two legs or more, and one amount for each');
    END IF;
    IF NEW.effective_at NOT BETWEEN '2000-01-01' AND '2200-01-01' THEN
        -- What can't be read (infinity, a year of five digits) would spoil a statement for good.
        PERFORM public.ledger_refuse('NCL08', 'the time is far out of range');
    END IF;
    SELECT debits, credits INTO v_debits, v_credits
      FROM public.wallets_journalkind WHERE code = NEW.kind;
    FOR i IN 1 .. v_legs LOOP
        v_account := v_accounts[i];
        v_amount := v_amounts[i];
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
        v_balances[i] := v_balance;
        v_versions[i] := v_version;
    END LOOP;
    IF v_legs = 2 THEN
        INSERT INTO public.wallets_posting (journal_id, account_id, amount, balance_after, version)
        VALUES (NEW.id, v_accounts[1], v_amounts[1], v_balances[1], v_versions[1]),
               (NEW.id, v_accounts[2], v_amounts[2], v_balances[2], v_versions[2]);
    ELSE
        INSERT INTO public.wallets_posting (journal_id, account_id, amount, balance_after, version)
        SELECT NEW.id, leg.*
          FROM unnest(v_accounts, v_amounts, v_balances, v_versions) AS leg;
    END IF;
    IF NOT v_is_right OR v_total <> 0 THEN
        PERFORM public.ledger_examine(NEW.id);
    END IF;
    v_told := set_config('ledger.after', (NEW.id || v_balances)::varchar, true);
    RETURN NULL;
END $$;

-- Deferrable, so that captures of holds, and the locks of a batch, can come between a journal and
-- its legs. Whoever defers it further only has it done, or be refused, at the commit.
CREATE CONSTRAINT TRIGGER ledger_journal_posts AFTER INSERT ON wallets_journal
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION ledger_journal_posts();

-- What a batch is posted through: one row of arrays, in the order of its journals.
CREATE VIEW ledger_batch AS
    SELECT NULL::text[] AS kinds, NULL::text[] AS keys, NULL::timestamptz[] AS effective_at,
           NULL::text[] AS causes, NULL::text[] AS accounts, NULL::text[] AS amounts,
           NULL::bigint[] AS journal_ids
     WHERE false;

-- Post a batch by a few statements for all, where all its journals are new and plainly right;
-- otherwise refuse it as NCL09. Keys first, then balances, in the order of their accounts, as long
-- as rows are not read as they lie.
--
-- The arrays are of any length, and PostgreSQL guesses ten; a plan made anew for each batch would
-- cost as much as it could save.
CREATE FUNCTION ledger_batch_posts() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    v_is_plain boolean;
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
          FROM unnest(NEW.kinds, NEW.keys, NEW.effective_at, NEW.causes, NEW.accounts, NEW.amounts)
               AS d (kind, key, effective_at, cause, accounts, amounts)
        ON CONFLICT (key) DO NOTHING RETURNING id, kind, accounts, amounts, effective_at
    ), kinds AS MATERIALIZED (
        SELECT code, debits, credits FROM wallets_journalkind
    ), legs AS MATERIALIZED (
        SELECT j.id, leg.account_id, leg.amount,
               CASE WHEN leg.amount > 0 THEN k.debits ELSE k.credits END AS account_kinds,
               leg.amount BETWEEN -9007199254740991 AND 9007199254740991 AND leg.amount <> 0
               AND j.effective_at BETWEEN '2000-01-01' AND '2200-01-01'
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
      INTO NEW.journal_ids, v_is_plain, v_ids, v_accounts, v_amounts, v_balances, v_versions
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
    IF v_is_plain IS NOT TRUE OR cardinality(NEW.journal_ids) <> cardinality(NEW.keys) THEN
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
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_batch_posts INSTEAD OF INSERT ON ledger_batch
    FOR EACH ROW EXECUTE FUNCTION ledger_batch_posts();

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
    v_after bigint[];
BEGIN
    IF pg_trigger_depth() > 0 THEN
        -- The trigger on journals would take it for one of a batch, and leave it without its legs.
        PERFORM ledger_refuse('NCL07', 'journals are not posted from within a trigger');
    END IF;
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
    IF v_is_new = 1 THEN
        v_after := nullif(current_setting('ledger.after', true), '')::bigint[];
        IF v_after[1] = v_journal THEN
            RETURN ARRAY[v_journal, v_is_new] || v_after[2:];
        END IF;
    END IF;
    -- It was posted before, or somebody has put the trigger off.
    RETURN ARRAY[v_journal, v_is_new] || ARRAY(SELECT balance_after FROM wallets_posting
                                                WHERE journal_id = v_journal ORDER BY account_id);
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
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() > 0 THEN
        -- The trigger on journals would take it for one of a batch, and leave it without its legs.
        PERFORM ledger_refuse('NCL07', 'journals are not posted from within a trigger');
    END IF;
    IF cardinality(p_keys) IS DISTINCT FROM cardinality(p_accounts)
       OR cardinality(p_keys) IS DISTINCT FROM cardinality(p_amounts) THEN
        PERFORM ledger_refuse('NCL08', 'there must be accounts and amounts for each journal');
    END IF;
    PERFORM pg_advisory_xact_lock(20, turn.hash)  -- LEDGER_KEY in nannychain/locks.py
       FROM (SELECT DISTINCT hashtext(key) AS hash FROM unnest(p_keys) AS key ORDER BY 1) turn;
    BEGIN
        INSERT INTO ledger_batch (kinds, keys, effective_at, causes, accounts, amounts)
        VALUES (p_kinds, p_keys, p_effective_at, p_causes, p_accounts, p_amounts)
        RETURNING ledger_batch.journal_ids INTO ledger_post_batch.journal_ids;
        are_new := array_fill(true, ARRAY[cardinality(p_keys)]);
    EXCEPTION WHEN SQLSTATE 'NCL09' THEN
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
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_made_ids bigint[];
    v_made_keys text[];
BEGIN
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
    PERFORM FROM wallets_balance
      WHERE account_id IN (SELECT unnest(accounts) FROM wallets_journal
                            WHERE id = ANY (v_made_ids))
        AND NOT is_deferred
      ORDER BY account_id FOR NO KEY UPDATE;
    SET CONSTRAINTS ledger_journal_posts IMMEDIATE;
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
