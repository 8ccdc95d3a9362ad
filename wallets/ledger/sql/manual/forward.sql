-- Immediate, unlike Django's own.
ALTER TABLE wallets_manualjournal
    ADD CONSTRAINT manual_journal_exists FOREIGN KEY (journal_id) REFERENCES wallets_journal,
    ADD CONSTRAINT manual_reverses_exists FOREIGN KEY (reverses_id) REFERENCES wallets_journal;

-- What was proposed stays as it is: it is born undecided, decided once, and never removed. Once it
-- is posted, its journal is the one that was proposed.
CREATE FUNCTION ledger_proposal_stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'PROPOSED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'PROPOSED'
       AND (NEW.id, NEW.stored_legs, NEW.effective_at, NEW.reverses_id, NEW.reason,
            NEW.proposed_by, NEW.proposer, NEW.proposed_at)
           IS NOT DISTINCT FROM
           (OLD.id, OLD.stored_legs, OLD.effective_at, OLD.reverses_id, OLD.reason,
            OLD.proposed_by, OLD.proposer, OLD.proposed_at)
       AND (NEW.journal_id IS NULL OR EXISTS (
            SELECT FROM wallets_journal j
             WHERE j.id = NEW.journal_id
               AND (j.reverses_id = NEW.reverses_id
                    OR NEW.reverses_id IS NULL AND j.key = 'manual:' || NEW.id))) THEN
        RETURN NEW;
    END IF;
    PERFORM ledger_refuse('NCL07', 'a proposed journal can only be decided about, once');
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_proposal_stays BEFORE INSERT OR UPDATE OR DELETE ON wallets_manualjournal
    FOR EACH ROW EXECUTE FUNCTION ledger_proposal_stays();

-- No manual journal without its proposal, which the checks of its table let two people alone post,
-- and with no other legs. Looked at when the transaction ends: the proposal learns its journal
-- after it is posted.
CREATE FUNCTION ledger_manual_was_approved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM wallets_manualjournal m
                    WHERE m.journal_id = NEW.id AND m.state = 'POSTED'
                      AND NEW.key = 'manual:' || m.id
                      AND NEW.effective_at = m.effective_at
                      AND NOT EXISTS (
                          SELECT FROM jsonb_to_recordset(m.stored_legs)
                                      AS leg (account_id bigint, amount bigint)
                            FULL JOIN (SELECT account_id, amount FROM wallets_posting
                                        WHERE journal_id = NEW.id) p USING (account_id)
                           WHERE leg.amount IS DISTINCT FROM p.amount)) THEN
        PERFORM ledger_refuse('NCL04', 'a manual journal is proposed by one, approved by another',
            jsonb_build_object('key', NEW.key));
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_manual_was_approved AFTER INSERT ON wallets_journal
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'ledger.manual') EXECUTE FUNCTION ledger_manual_was_approved();
