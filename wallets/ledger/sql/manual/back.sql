DROP TRIGGER ledger_manual_was_approved ON wallets_journal;
DROP TRIGGER ledger_proposal_stays ON wallets_manualjournal;
DROP FUNCTION ledger_manual_was_approved, ledger_proposal_stays;
ALTER TABLE wallets_manualjournal
    DROP CONSTRAINT manual_journal_exists, DROP CONSTRAINT manual_reverses_exists;
