-- Away with what the third form has not; its functions and triggers come after this.
DROP TRIGGER ledger_journal_posts ON wallets_journal;
DROP TRIGGER ledger_batch_posts ON ledger_batch;
DROP FUNCTION ledger_batch_posts;
DROP VIEW ledger_batch;
DROP FUNCTION ledger_post_one_by_one;
DROP FUNCTION ledger_post_batch;
