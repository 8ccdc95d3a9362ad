-- Away with what the fourth form has not; its functions and triggers come after this.
DROP TRIGGER ledger_history_stays_whole ON wallets_journal;
DROP TRIGGER ledger_history_stays_whole ON wallets_posting;
DROP TRIGGER ledger_history_stays ON wallets_balance;
DROP TRIGGER ledger_history_stays ON wallets_unrolled;
DROP FUNCTION ledger_written_by_functions_alone;
DROP TRIGGER ledger_never_emptied ON wallets_manualposting;
DROP TRIGGER ledger_history_stays ON wallets_manualposting;
DROP TRIGGER ledger_manual_was_approved ON wallets_manualposting;
DROP FUNCTION ledger_manual_was_approved;
DROP FUNCTION ledger_move;
DROP FUNCTION ledger_post_whole;
DROP FUNCTION ledger_post_batch;
DROP FUNCTION ledger_post_one_by_one;
ALTER TABLE wallets_unrolled ADD CONSTRAINT wallets_unrolled_pkey PRIMARY KEY (id);
