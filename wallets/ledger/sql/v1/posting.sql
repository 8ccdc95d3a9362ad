-- Post one journal. Amounts are signed minor units, debit above zero; accounts in the order of
-- their ids, each once.
--
-- The key decides first: a second call with the same key waits for the first, and then gets its
-- journal with is_new = false, or is refused where the legs or the kind differ. Then accounts with
-- a strict balance are locked in their order, holds are captured, and the legs go in as one INSERT,
-- whose trigger checks them and moves the balances. Each account is read by a statement of its own:
-- for a few legs that costs half of what one statement for all of them does.
--
-- Returns the journal, 1 where it is new and 0 where it is not, and the balances after it in the
-- order of the accounts, NULL for hot ones: a flat array, since a row of columns costs a fifth more.
CREATE FUNCTION ledger_post(
    p_kind text, p_key text, p_effective_at timestamptz, p_cause text, p_reverses bigint,
    p_accounts bigint[], p_amounts bigint[],
    p_holds bigint[] DEFAULT NULL, p_captures bigint[] DEFAULT NULL
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_journal bigint;
    v_balances bigint[];
    v_versions bigint[];
    v_content text := '';
    v_hash bytea;
    v_balance bigint;
    v_version bigint;
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
    FOR i IN 1 .. cardinality(p_accounts) LOOP
        SELECT balance + p_amounts[i], version + 1 INTO v_balance, v_version
          FROM wallets_balance WHERE account_id = p_accounts[i] AND NOT is_deferred
           FOR NO KEY UPDATE;
        v_balances[i] := v_balance;
        v_versions[i] := v_version;
    END LOOP;
    IF cardinality(p_accounts) = 2 THEN
        INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
        VALUES (v_journal, p_accounts[1], p_amounts[1], v_balances[1], v_versions[1]),
               (v_journal, p_accounts[2], p_amounts[2], v_balances[2], v_versions[2]);
    ELSE
        INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
        SELECT v_journal, leg.* FROM unnest(p_accounts, p_amounts, v_balances, v_versions) leg;
    END IF;
    RETURN ARRAY[v_journal, 1] || v_balances;
END $$;

-- Return the journal that was posted under the key; refuse other content.
CREATE FUNCTION ledger_posted_before(
    p_kind text, p_key text, p_hash bytea, p_reverses bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_old wallets_journal;
BEGIN
    SELECT * INTO STRICT v_old FROM wallets_journal WHERE key = p_key;
    IF (v_old.kind, v_old.legs_hash, v_old.reverses_id)
       IS DISTINCT FROM (p_kind, p_hash, p_reverses) THEN
        PERFORM ledger_refuse('NCL02', 'this key was used for other content',
            jsonb_build_object('key', p_key, 'journal_id', v_old.id));
    END IF;
    RETURN v_old.id;
END $$;

-- Post many journals, all or none. p_positions says, for each leg, to which journal (from 1) it
-- belongs. Keys are taken in their own order, then accounts in theirs, so that no two batches and
-- no single posting wait for each other in a ring.
CREATE FUNCTION ledger_post_batch(
    p_kinds text[], p_keys text[], p_effective_at timestamptz[], p_causes text[],
    p_positions integer[], p_accounts bigint[], p_amounts bigint[],
    OUT journal_ids bigint[], OUT are_new boolean[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    v_hashes bytea[];
    v_first integer;
    v_last integer;
    v_made_ids bigint[];
    v_made_keys text[];
    v_fresh bigint[];
BEGIN
    IF cardinality(p_accounts) IS DISTINCT FROM cardinality(p_amounts)
       OR cardinality(p_accounts) IS DISTINCT FROM cardinality(p_positions) THEN
        PERFORM ledger_refuse('NCL08', 'there must be one amount and one place for each account');
    END IF;
    SELECT array_agg(h.hash ORDER BY h.position), min(h.position), max(h.position)
      INTO v_hashes, v_first, v_last FROM (
        SELECT leg.position,
               sha256(convert_to(string_agg(leg.account_id || ':' || leg.amount || ',', ''
                                            ORDER BY leg.account_id), 'UTF8')) AS hash
          FROM unnest(p_positions, p_accounts, p_amounts) AS leg (position, account_id, amount)
         GROUP BY leg.position) h;
    IF (v_first, v_last, cardinality(v_hashes)) IS DISTINCT FROM
       (1, cardinality(p_keys), cardinality(p_keys)) THEN
        PERFORM ledger_refuse('NCL08', 'there must be legs for each journal');
    END IF;
    IF NOT ('2000-01-01' <= ALL (p_effective_at) AND '2200-01-01' >= ALL (p_effective_at)) THEN
        PERFORM ledger_refuse('NCL08', 'the time is far out of range');
    END IF;
    WITH made AS (
        INSERT INTO wallets_journal AS j (kind, key, legs_hash, effective_at, recorded_at, cause)
        SELECT d.kind, d.key, d.hash, d.effective_at, clock_timestamp(), d.cause
          FROM unnest(p_kinds, p_keys, v_hashes, p_effective_at, p_causes) WITH ORDINALITY
               AS d (kind, key, hash, effective_at, cause, position)
         ORDER BY d.key, d.position
        ON CONFLICT (key) DO NOTHING RETURNING j.id, j.key
    )
    SELECT array_agg(made.id), array_agg(made.key) INTO v_made_ids, v_made_keys FROM made;
    -- The first place of a key in this batch makes the journal; a second is a repetition.
    SELECT array_agg(CASE WHEN d.turn = 1 THEN coalesce(m.id, 0) ELSE 0 END ORDER BY d.position),
           array_agg(coalesce(m.id, 0) ORDER BY d.position)
      INTO v_fresh, journal_ids
      FROM (SELECT key, position, row_number() OVER (PARTITION BY key ORDER BY position) AS turn
              FROM unnest(p_keys) WITH ORDINALITY AS k (key, position)) d
      LEFT JOIN unnest(v_made_ids, v_made_keys) AS m (id, key) ON m.key = d.key;
    SELECT array_agg(f.id > 0 ORDER BY f.position) INTO are_new
      FROM unnest(v_fresh) WITH ORDINALITY AS f (id, position);
    IF false = ANY (are_new) THEN
        SELECT array_agg(CASE WHEN f.id > 0 THEN f.id
                              ELSE ledger_posted_before(f.kind, f.key, f.hash) END
                         ORDER BY f.position)
          INTO journal_ids
          FROM unnest(v_fresh, p_kinds, p_keys, v_hashes) WITH ORDINALITY
               AS f (id, kind, key, hash, position);
    END IF;
    WITH locked AS MATERIALIZED (
        SELECT b.account_id, b.balance, b.version FROM wallets_balance b
         WHERE b.account_id = ANY (p_accounts) AND NOT b.is_deferred
         ORDER BY b.account_id FOR NO KEY UPDATE
    )
    INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
    SELECT v_fresh[leg.position], leg.account_id, leg.amount,
           locked.balance + sum(leg.amount) OVER w, locked.version + count(*) OVER w
      FROM unnest(p_positions, p_accounts, p_amounts) AS leg (position, account_id, amount)
      LEFT JOIN locked ON locked.account_id = leg.account_id
     WHERE v_fresh[leg.position] > 0
    WINDOW w AS (PARTITION BY leg.account_id ORDER BY leg.position);
END $$;

-- Whether a leg is right by itself, as far as its account's row, its journal and its kind tell. An
-- expression with a name: PostgreSQL puts it into the statements below, and calls nothing.
CREATE FUNCTION ledger_leg_is_right(
    p_amount bigint, p_balance_after bigint, p_version bigint,
    p_kind smallint, p_sign smallint, p_floor bigint, p_held bigint,
    p_is_deferred boolean, p_is_closed boolean,
    p_reverses bigint, p_debits smallint[], p_credits smallint[]
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(
        NOT p_is_closed AND p_reverses IS NULL
        AND p_kind = ANY (CASE WHEN p_amount > 0 THEN p_debits ELSE p_credits END)
        AND p_is_deferred = (p_version IS NULL)
        AND p_amount BETWEEN -9007199254740991 AND 9007199254740991 AND p_amount <> 0
        AND (p_floor IS NULL OR p_sign * p_amount > 0
             OR p_sign * p_balance_after - p_held >= p_floor), false)
$$;

-- The wall: whoever inserts postings, and however, they pass here or not at all. Names are
-- qualified instead of a search path being set, which would cost a tenth of a posting.
--
-- First the way of nearly all: one journal, in one currency. A balance moves only with a leg that
-- is right, so that one statement both checks and moves. What is otherwise goes on below.
CREATE FUNCTION ledger_postings_made() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    v_journal bigint;
    v_is_plain boolean;
    v_hash bytea;
    v_strict bigint;
    v_postings bigint;
    v_moved bigint;
    v_noted bigint := 0;
BEGIN
    SELECT min(f.journal_id), count(f.version), count(*),
           min(f.journal_id) = max(f.journal_id) AND sum(f.amount) = 0
               AND min(b.currency) = max(b.currency),
           sha256(convert_to(string_agg(f.account_id || ':' || f.amount || ',', ''), 'UTF8'))
      INTO v_journal, v_strict, v_postings, v_is_plain, v_hash
      FROM fresh f LEFT JOIN public.wallets_balance b ON b.account_id = f.account_id;
    IF v_is_plain THEN
        UPDATE public.wallets_balance b SET balance = f.balance_after, version = f.version
          FROM fresh f, public.wallets_journal j, public.wallets_journalkind k
         WHERE b.account_id = f.account_id AND b.version + 1 = f.version
           AND b.balance + f.amount = f.balance_after
           AND j.id = v_journal AND j.legs_hash = v_hash AND k.code = j.kind
           AND public.ledger_leg_is_right(
                   f.amount, f.balance_after, f.version, b.kind_id, b.sign, b.floor, b.held,
                   b.is_deferred, b.is_closed, j.reverses_id, k.debits, k.credits);
        GET DIAGNOSTICS v_moved = ROW_COUNT;
        IF v_strict < v_postings THEN
            INSERT INTO public.wallets_unrolled (account_id, amount, postings)
            SELECT f.account_id, f.amount, 1
              FROM fresh f, public.wallets_balance b,
                   public.wallets_journal j, public.wallets_journalkind k
             WHERE f.version IS NULL AND b.account_id = f.account_id
               AND j.id = v_journal AND j.legs_hash = v_hash AND k.code = j.kind
               AND public.ledger_leg_is_right(
                       f.amount, f.balance_after, f.version, b.kind_id, b.sign, b.floor, b.held,
                       b.is_deferred, b.is_closed, j.reverses_id, k.debits, k.credits);
            GET DIAGNOSTICS v_noted = ROW_COUNT;
        END IF;
        IF v_moved + v_noted = v_postings THEN
            RETURN NULL;
        ELSIF v_moved + v_noted > 0 THEN
            PERFORM public.ledger_examine(v_journal);
            PERFORM public.ledger_refuse('NCL03', 'a posting does not follow the one before it');
        END IF;
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
    SELECT count(DISTINCT f.account_id) INTO v_strict FROM fresh f WHERE f.version IS NOT NULL;
    UPDATE public.wallets_balance b SET balance = l.balance_after, version = l.last
      FROM (SELECT f.account_id, min(f.version) AS first, max(f.version) AS last,
                   count(*) AS steps, sum(f.amount) AS total,
                   (array_agg(f.balance_after ORDER BY f.version DESC))[1] AS balance_after
              FROM fresh f WHERE f.version IS NOT NULL GROUP BY f.account_id) l
     WHERE b.account_id = l.account_id AND b.version + 1 = l.first
       AND l.last - l.first + 1 = l.steps AND b.balance + l.total = l.balance_after;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    IF v_moved <> v_strict THEN
        PERFORM public.ledger_refuse('NCL03', 'a posting does not follow the one before it');
    END IF;
    INSERT INTO public.wallets_unrolled (account_id, amount, postings)
    SELECT f.account_id, sum(f.amount), count(*) FROM fresh f
     WHERE f.version IS NULL GROUP BY f.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_postings_made AFTER INSERT ON wallets_posting
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_made();

-- Look closely at one journal, and refuse it with the reason, or find nothing against it. What is
-- in two currencies, and what reverses another, comes here too, and may well be right.
CREATE FUNCTION ledger_examine(p_journal bigint) RETURNS void
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
          JOIN wallets_posting p ON p.account_id = b.account_id AND p.version > b.version
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

-- Which kinds of account this kind of journal may debit and credit; a reversal mirrors exactly.
CREATE FUNCTION ledger_examine_kinds(p_journal wallets_journal) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_kind wallets_journalkind;
    v_bad record;
BEGIN
    SELECT * INTO v_kind FROM wallets_journalkind WHERE code = p_journal.kind;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NCL04', 'no such kind of journal',
            jsonb_build_object('kind', p_journal.kind));
    END IF;
    IF (p_journal.kind = 'ledger.reversal') <> (p_journal.reverses_id IS NOT NULL) THEN
        PERFORM ledger_refuse('NCL04', 'a reversal names what it reverses, and nothing else does',
            jsonb_build_object('key', p_journal.key));
    END IF;
    IF p_journal.reverses_id IS NOT NULL THEN
        IF (SELECT kind FROM wallets_journal WHERE id = p_journal.reverses_id) = p_journal.kind
           OR EXISTS (
            SELECT FROM (SELECT account_id, amount FROM wallets_posting
                          WHERE journal_id = p_journal.id) r
            FULL JOIN (SELECT account_id, -amount AS amount FROM wallets_posting
                        WHERE journal_id = p_journal.reverses_id) o
                   ON o.account_id = r.account_id AND o.amount = r.amount
            WHERE r.account_id IS NULL OR o.account_id IS NULL) THEN
            PERFORM ledger_refuse('NCL04', 'a reversal mirrors the journal that it reverses',
                jsonb_build_object('journal_id', p_journal.reverses_id));
        END IF;
        RETURN;
    END IF;
    SELECT p.account_id, b.kind_id INTO v_bad
      FROM wallets_posting p JOIN wallets_balance b ON b.account_id = p.account_id
     WHERE p.journal_id = p_journal.id
       AND b.kind_id <> ALL (CASE WHEN p.amount > 0 THEN v_kind.debits ELSE v_kind.credits END)
     LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NCL04', 'this kind of journal may not touch this kind of account so',
            jsonb_build_object('kind', p_journal.kind, 'account_id', v_bad.account_id,
                               'account_kind', v_bad.kind_id));
    END IF;
END $$;

-- Put what was posted onto hot accounts since the last time into their balances. Takes the rows
-- that it sees and no others: what commits later is there the next time, whatever its number.
CREATE FUNCTION ledger_roll_up() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    DELETE FROM wallets_unrolled;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END $$;

CREATE FUNCTION ledger_rolled_up() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM wallets_balance b WHERE b.account_id IN (SELECT account_id FROM gone)
      ORDER BY b.account_id FOR NO KEY UPDATE;
    UPDATE wallets_balance b SET balance = b.balance + g.amount, version = b.version + g.postings
      FROM (SELECT account_id, sum(amount) AS amount, sum(postings) AS postings
              FROM gone GROUP BY account_id) g
     WHERE b.account_id = g.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_rolled_up AFTER DELETE ON wallets_unrolled
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_rolled_up();
