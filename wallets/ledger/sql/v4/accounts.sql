-- Look accounts up by their index. "IS NOT DISTINCT FROM" can't use one: to open an account read
-- all accounts of its kind, which took 10 ms with a hundred thousand members.

-- Return the account of that kind, owner, label and currency, or NULL. "+ 0" keeps PostgreSQL from
-- the index of kinds: to a plan made while there were few accounts both indexes look alike.
CREATE FUNCTION ledger_account_of(
    p_kind smallint, p_owner uuid, p_label text, p_currency text
) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF p_owner IS NULL THEN
        RETURN (SELECT id FROM wallets_account
                 WHERE owner_id IS NULL AND kind_id + 0 = p_kind AND label = p_label
                   AND currency_id = p_currency);
    END IF;
    RETURN (SELECT id FROM wallets_account
             WHERE owner_id = p_owner AND kind_id + 0 = p_kind AND label = p_label
               AND currency_id = p_currency);
END $$;

-- Return the account of that kind, owner, label and currency; open it where there is none.
CREATE OR REPLACE FUNCTION ledger_open_account(
    p_kind smallint, p_owner uuid, p_label text, p_currency text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id bigint := ledger_account_of(p_kind, p_owner, p_label, p_currency);
BEGIN
    IF v_id IS NOT NULL THEN
        RETURN v_id;
    END IF;
    IF NOT EXISTS (SELECT FROM wallets_accountkind WHERE code = p_kind)
       OR NOT EXISTS (SELECT FROM wallets_currency WHERE code = p_currency) THEN
        PERFORM ledger_refuse('NCL05', 'no such kind of account, or no such currency',
            jsonb_build_object('kind', p_kind, 'currency', p_currency));
    END IF;
    INSERT INTO wallets_account (kind_id, owner_id, label, currency_id, opened_at)
    VALUES (p_kind, p_owner, p_label, p_currency, clock_timestamp())
    ON CONFLICT DO NOTHING RETURNING id INTO v_id;
    RETURN coalesce(v_id, ledger_account_of(p_kind, p_owner, p_label, p_currency));
END $$;
