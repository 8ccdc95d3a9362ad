-- Back to the first form.
DROP TRIGGER ledger_leg_moves ON wallets_posting;
DROP FUNCTION ledger_leg_moves;
DROP TRIGGER ledger_history_stays ON wallets_balance;
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE OR DELETE ON wallets_balance
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION ledger_history_stays();
DROP TRIGGER ledger_history_stays ON wallets_unrolled;
CREATE TRIGGER ledger_history_stays BEFORE INSERT OR UPDATE ON wallets_unrolled
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION ledger_history_stays();
DROP FUNCTION ledger_moved_by_triggers_alone;
