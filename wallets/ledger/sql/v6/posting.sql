-- Nearly all journals are of two legs: one amount that goes from one account to another. They get a
-- function of their own, which is given three numbers instead of two arrays.

-- Post one journal of two legs: `p_amount` signed minor units onto the first account (debit above
-- zero), and as much off the second, whose id is the greater.
--
-- Key, checks and answer are those of `ledger_post`. All is written out, each check within a
-- statement that is needed anyway, since PostgreSQL sets up each expression anew in each
-- transaction. `ledger_move` does what is not plain.
CREATE FUNCTION ledger_post_pair(
    p_kind text, p_key text, p_effective_at timestamptz, p_cause text,
    p_account1 bigint, p_account2 bigint, p_amount bigint
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp, public AS $$
DECLARE
    v_journal bigint;
    v_is_plain boolean;
    v_sides smallint[];
    v_balance1 bigint;
    v_balance2 bigint;
    v_version1 bigint;
    v_version2 bigint;
    v_currency varchar;
    v_is_right1 boolean;
    v_is_right2 boolean;
BEGIN
    INSERT INTO wallets_journal (kind, key, accounts, amounts, effective_at, recorded_at, cause)
    VALUES (p_kind, p_key, ARRAY[p_account1, p_account2], ARRAY[p_amount, -p_amount],
            p_effective_at, clock_timestamp(), p_cause)
    ON CONFLICT (key) DO NOTHING
    RETURNING id, (SELECT sides FROM wallets_journalkind WHERE code = p_kind),
              p_account1 < p_account2 AND p_amount <> 0
              AND p_amount BETWEEN -9007199254740991 AND 9007199254740991
              AND p_effective_at BETWEEN '2000-01-01' AND '2200-01-01'
              AND p_kind <> 'ledger.manual'
         INTO v_journal, v_sides, v_is_plain;
    IF v_is_plain IS NOT TRUE THEN
        IF v_journal IS NULL THEN
            RETURN ledger_posted_with(p_kind, p_key, ARRAY[p_account1, p_account2],
                                      ARRAY[p_amount, -p_amount], NULL);
        END IF;
        RETURN ARRAY[v_journal, 1] || ledger_move(v_journal);
    END IF;
    IF v_sides[1] <> 0 THEN
        -- On one side this kind of journal has hot accounts alone.
        IF (p_amount > 0) = (v_sides[1] > 0) THEN
            UPDATE wallets_balance SET balance = balance - p_amount, version = version + 1
             WHERE account_id = p_account2 AND NOT is_deferred
            RETURNING balance, version, currency,
                      NOT is_closed AND -v_sides[1] * kind_id = ANY (v_sides)
                      AND (floor IS NULL OR sign <> v_sides[1] OR sign * balance - held >= floor)
                 INTO v_balance2, v_version2, v_currency, v_is_right2;
            INSERT INTO wallets_unrolled (account_id, amount, postings)
            SELECT account_id, p_amount, 1 FROM wallets_balance
             WHERE account_id = p_account1 AND is_deferred AND NOT is_closed
               AND currency = v_currency AND v_sides[1] * kind_id = ANY (v_sides);
        ELSE
            UPDATE wallets_balance SET balance = balance + p_amount, version = version + 1
             WHERE account_id = p_account1 AND NOT is_deferred
            RETURNING balance, version, currency,
                      NOT is_closed AND -v_sides[1] * kind_id = ANY (v_sides)
                      AND (floor IS NULL OR sign <> v_sides[1] OR sign * balance - held >= floor)
                 INTO v_balance1, v_version1, v_currency, v_is_right2;
            INSERT INTO wallets_unrolled (account_id, amount, postings)
            SELECT account_id, -p_amount, 1 FROM wallets_balance
             WHERE account_id = p_account2 AND is_deferred AND NOT is_closed
               AND currency = v_currency AND v_sides[1] * kind_id = ANY (v_sides);
        END IF;
        v_is_right1 := FOUND;
        IF NOT v_is_right1 AND v_currency IS NULL THEN
            -- Nothing has moved: the other one is hot as well, or there is none.
            RETURN ARRAY[v_journal, 1] || ledger_move(v_journal);
        END IF;
    ELSIF p_amount > 0 THEN
        UPDATE wallets_balance SET balance = balance + p_amount, version = version + 1
         WHERE account_id = p_account1 AND NOT is_deferred
        RETURNING balance, version, currency,
                  NOT is_closed AND kind_id = ANY (v_sides)
                  AND (floor IS NULL OR sign > 0 OR sign * balance - held >= floor)
             INTO v_balance1, v_version1, v_currency, v_is_right1;
        UPDATE wallets_balance SET balance = balance - p_amount, version = version + 1
         WHERE account_id = p_account2 AND NOT is_deferred
        RETURNING balance, version,
                  NOT is_closed AND currency = v_currency AND -kind_id = ANY (v_sides)
                  AND (floor IS NULL OR sign < 0 OR sign * balance - held >= floor)
             INTO v_balance2, v_version2, v_is_right2;
    ELSE
        UPDATE wallets_balance SET balance = balance + p_amount, version = version + 1
         WHERE account_id = p_account1 AND NOT is_deferred
        RETURNING balance, version, currency,
                  NOT is_closed AND -kind_id = ANY (v_sides)
                  AND (floor IS NULL OR sign < 0 OR sign * balance - held >= floor)
             INTO v_balance1, v_version1, v_currency, v_is_right1;
        UPDATE wallets_balance SET balance = balance - p_amount, version = version + 1
         WHERE account_id = p_account2 AND NOT is_deferred
        RETURNING balance, version,
                  NOT is_closed AND currency = v_currency AND kind_id = ANY (v_sides)
                  AND (floor IS NULL OR sign > 0 OR sign * balance - held >= floor)
             INTO v_balance2, v_version2, v_is_right2;
    END IF;
    INSERT INTO wallets_posting (journal_id, account_id, amount, balance_after, version)
    VALUES (v_journal, p_account1, p_amount, v_balance1, v_version1),
           (v_journal, p_account2, -p_amount, v_balance2, v_version2);
    IF (v_is_right1 AND v_is_right2) IS NOT TRUE THEN
        INSERT INTO wallets_unrolled (account_id, amount, postings)
        SELECT account_id, amount, 1
          FROM wallets_posting p JOIN wallets_balance b USING (account_id)
         WHERE p.journal_id = v_journal AND b.is_deferred
           AND (v_sides[1] <> 0 AND v_is_right1) IS NOT TRUE;  -- noted already
        PERFORM ledger_examine(v_journal);
    END IF;
    RETURN ARRAY[v_journal, 1, v_balance1, v_balance2];
END $$;

-- Post one journal. Amounts are signed minor units, debit above zero; accounts in the order of
-- their ids, each once.
--
-- The key decides first: a second call with the same key waits for the first, and then gets its
-- journal with is_new = false, or is refused where the legs or the kind differ. Then holds are
-- captured, balances moved and postings written.
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
BEGIN
    INSERT INTO wallets_journal (kind, key, accounts, amounts, effective_at, recorded_at, cause,
                                 reverses_id)
    VALUES (p_kind, p_key, coalesce(p_accounts, '{}'), coalesce(p_amounts, '{}'), p_effective_at,
            clock_timestamp(), p_cause, p_reverses)
    ON CONFLICT (key) DO NOTHING
    RETURNING id INTO v_journal;
    IF v_journal IS NULL THEN
        RETURN ledger_posted_with(p_kind, p_key, p_accounts, p_amounts, p_reverses);
    END IF;
    IF p_holds IS NOT NULL THEN
        PERFORM ledger_capture(v_journal, p_accounts, p_amounts, p_holds, p_captures);
    END IF;
    RETURN ARRAY[v_journal, 1] || ledger_move(v_journal);
END $$;

-- What posting returns for a key that was posted before: that journal, 0, and its balances.
CREATE FUNCTION ledger_posted_with(
    p_kind text, p_key text, p_accounts bigint[], p_amounts bigint[], p_reverses bigint
) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_journal bigint := ledger_posted_before(p_kind, p_key, p_accounts, p_amounts, p_reverses);
BEGIN
    RETURN ARRAY[v_journal, 0]
           || ARRAY(SELECT balance_after FROM wallets_posting
                     WHERE journal_id = v_journal ORDER BY account_id);
END $$;

-- Post a batch by a few statements for all, where all its journals are new and plainly right;
-- otherwise refuse it as NCL09, or for a key that is there. Keys first, then balances, in the order
-- of their accounts, as long as rows are not read as they lie.
--
-- The arrays are of any length, and PostgreSQL guesses ten; a plan made anew for each batch would
-- cost as much as it could save.
CREATE OR REPLACE FUNCTION ledger_post_whole(
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
    ), checked AS MATERIALIZED (
        SELECT j.id, j.accounts, j.amounts, k.debits, k.credits,
               j.effective_at BETWEEN '2000-01-01' AND '2200-01-01' AND j.kind <> 'ledger.manual'
               AND CASE cardinality(j.accounts)
                   WHEN 2 THEN cardinality(j.amounts) = 2
                        AND j.accounts[1] < j.accounts[2] AND j.amounts[1] = -j.amounts[2]
                   ELSE cardinality(j.accounts) > 2
                        AND array_ndims(j.amounts) = 1 AND array_lower(j.amounts, 1) = 1
                        AND (SELECT sum(each) FROM unnest(j.amounts) AS each) = 0
                        AND j.accounts = ARRAY(SELECT DISTINCT each
                                                 FROM unnest(j.accounts) AS each ORDER BY 1)
                   END AS is_plain
          FROM made j
          LEFT JOIN kinds k ON k.code = j.kind
    ), split AS (
        -- Nearly all have two legs, and to unnest an array costs more than to read two places.
        SELECT id, is_plain, debits, credits,
               accounts[place] AS account_id, amounts[place] AS amount
          FROM checked, (VALUES (1), (2)) AS two (place)
         WHERE cardinality(accounts) = 2
        UNION ALL
        SELECT id, is_plain, debits, credits, leg.account_id, leg.amount
          FROM checked LEFT JOIN unnest(accounts, amounts) AS leg (account_id, amount) ON true
         WHERE cardinality(accounts) <> 2
    ), legs AS MATERIALIZED (
        SELECT id, account_id, amount,
               CASE WHEN amount > 0 THEN debits ELSE credits END AS account_kinds,
               is_plain AND amount <> 0
               AND amount BETWEEN -9007199254740991 AND 9007199254740991 AS is_plain
          FROM split
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
