-- Errors of the ledger: a SQLSTATE of our own, a sentence, and its figures as JSON in the detail.
--   NCL01 not enough available      NCL02 a key used for something else   NCL03 does not balance
--   NCL04 not allowed by the kind   NCL05 account unknown or closed       NCL06 hold
--   NCL07 history is not changed    NCL08 malformed
CREATE FUNCTION ledger_refuse(p_state text, p_message text, p_detail jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_state, MESSAGE = p_message, DETAIL = p_detail::text;
END $$;

-- Return the account of that kind, owner, label and currency; open it where there is none.
CREATE FUNCTION ledger_open_account(
    p_kind smallint, p_owner uuid, p_label text, p_currency text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id bigint;
BEGIN
    SELECT id INTO v_id FROM wallets_account
     WHERE kind_id = p_kind AND currency_id = p_currency AND label = p_label
       AND owner_id IS NOT DISTINCT FROM p_owner;
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
    IF v_id IS NULL THEN
        SELECT id INTO v_id FROM wallets_account
         WHERE kind_id = p_kind AND currency_id = p_currency AND label = p_label
           AND owner_id IS NOT DISTINCT FROM p_owner;
    END IF;
    RETURN v_id;
END $$;

-- Close an account for good: it must be empty, with nothing held. Closing it twice is nothing.
CREATE FUNCTION ledger_close_account(p_account bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_balance wallets_balance;
    v_total numeric;
BEGIN
    SELECT * INTO v_balance FROM wallets_balance WHERE account_id = p_account FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NCL05', 'no such account',
            jsonb_build_object('account_id', p_account));
    END IF;
    IF v_balance.is_deferred THEN
        PERFORM ledger_refuse('NCL04', 'an account that is rolled up is never closed',
            jsonb_build_object('account_id', p_account));
    END IF;
    v_total := v_balance.balance;
    IF v_total <> 0 OR v_balance.held <> 0 THEN
        PERFORM ledger_refuse('NCL05', 'the account is not empty',
            jsonb_build_object('account_id', p_account, 'balance', v_total,
                               'held', v_balance.held));
    END IF;
    UPDATE wallets_account SET closed_at = clock_timestamp()
     WHERE id = p_account AND closed_at IS NULL;
END $$;

-- The balance's row comes with the account, and knows what a posting must know of it.
CREATE FUNCTION ledger_account_opened() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO wallets_balance (account_id, kind_id, currency, sign, floor, is_deferred,
                                 is_closed, balance, held, version)
    SELECT NEW.id, NEW.kind_id, NEW.currency_id, side, floor, is_deferred, false, 0, 0, 0
      FROM wallets_accountkind WHERE code = NEW.kind_id;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_account_opened AFTER INSERT ON wallets_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_opened();

CREATE FUNCTION ledger_account_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL
       OR (NEW.id, NEW.kind_id, NEW.owner_id, NEW.label, NEW.currency_id, NEW.opened_at)
          IS DISTINCT FROM
          (OLD.id, OLD.kind_id, OLD.owner_id, OLD.label, OLD.currency_id, OLD.opened_at) THEN
        PERFORM ledger_refuse('NCL07', 'an account can only be closed',
            jsonb_build_object('account_id', OLD.id));
    END IF;
    UPDATE wallets_balance SET is_closed = true
     WHERE account_id = NEW.id AND balance = 0 AND held = 0 AND NOT is_deferred;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NCL05', 'the account is not empty',
            jsonb_build_object('account_id', OLD.id));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_account_changed AFTER UPDATE ON wallets_account
    FOR EACH ROW EXECUTE FUNCTION ledger_account_changed();
