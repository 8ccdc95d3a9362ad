-- The first form of ledger_open_account stands again.
DROP FUNCTION ledger_account_of;
