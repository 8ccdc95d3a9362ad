-- Away with what the second form has not; its functions and triggers come after this.
DROP TRIGGER ledger_journal_posts ON wallets_journal;
DROP FUNCTION ledger_journal_posts;
DROP FUNCTION ledger_batch_posts;
DROP TRIGGER ledger_history_stays_whole ON wallets_posting;
DROP FUNCTION ledger_posted_before;
DROP FUNCTION ledger_post_batch;
