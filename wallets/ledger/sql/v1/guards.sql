-- What was written stays. These hold for the owner of the tables too.
CREATE FUNCTION ledger_history_stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM ledger_refuse('NCL07', TG_TABLE_NAME || ' is not changed by hand');
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_history_stays BEFORE UPDATE OR DELETE ON wallets_journal
    FOR EACH ROW EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_history_stays BEFORE UPDATE OR DELETE ON wallets_posting
    FOR EACH ROW EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_history_stays BEFORE UPDATE OR DELETE ON wallets_holdcapture
    FOR EACH ROW EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_history_stays BEFORE DELETE ON wallets_hold
    FOR EACH ROW EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_history_stays BEFORE DELETE ON wallets_account
    FOR EACH ROW EXECUTE FUNCTION ledger_history_stays();
-- Balances follow postings, holds and accounts, by triggers, and nothing else.
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE OR DELETE ON wallets_balance
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE ON wallets_unrolled
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION ledger_history_stays();

CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_journal
    EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_posting
    EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_holdcapture
    EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_hold
    EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_account
    EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_balance
    EXECUTE FUNCTION ledger_history_stays();
CREATE TRIGGER ledger_never_emptied BEFORE TRUNCATE ON wallets_unrolled
    EXECUTE FUNCTION ledger_history_stays();
