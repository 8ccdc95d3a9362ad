"""What must be so in the books, as statements that find what isn't. Each looks at all rows at once.

A statement returns sentences, the first fault first. An empty answer means that it is as it should.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that must be so. With `is_due` it is late rather than wrong: a matter for staff."""

    name: str
    phrase: str
    finds: str
    is_due: bool = False


CHECKS = (
    Check(
        "journals_add_up",
        "the legs of each journal add up to zero in each currency",
        """
        SELECT format('journal %s is out by %s %s', p.journal_id, sum(p.amount), a.currency_id)
          FROM wallets_posting p JOIN wallets_account a ON a.id = p.account_id
         GROUP BY p.journal_id, a.currency_id HAVING sum(p.amount) <> 0
         ORDER BY p.journal_id
        """,
    ),
    Check(
        "legs_are_whole",
        "each journal has the legs that it was posted with, and each leg its journal and account",
        """
        SELECT format('journal %s has other legs than it was posted with', j.id)
          FROM wallets_journal j
          LEFT JOIN (SELECT journal_id, array_agg(account_id ORDER BY account_id) AS accounts,
                            array_agg(amount ORDER BY account_id) AS amounts
                       FROM wallets_posting GROUP BY journal_id) p ON p.journal_id = j.id
         WHERE (p.accounts, p.amounts) IS DISTINCT FROM (j.accounts, j.amounts)
        UNION ALL
        SELECT format('a posting on account %s names journal %s, and one of them is missing',
                      p.account_id, p.journal_id)
          FROM wallets_posting p
          LEFT JOIN wallets_journal j ON j.id = p.journal_id
          LEFT JOIN wallets_account a ON a.id = p.account_id
         WHERE j.id IS NULL OR a.id IS NULL
         ORDER BY 1
        """,
    ),
    Check(
        "versions_are_unbroken",
        "the postings of a strict account are numbered from 1 without gaps; hot ones have none",
        """
        SELECT format('account %s: posting %s stands where %s should', account_id, version, place)
          FROM (SELECT p.account_id, p.version, b.is_deferred,
                       row_number() OVER (PARTITION BY p.account_id ORDER BY p.version) AS place
                  FROM wallets_posting p JOIN wallets_balance b ON b.account_id = p.account_id) n
         WHERE CASE WHEN is_deferred THEN version IS NOT NULL
                    ELSE version IS DISTINCT FROM place END
         ORDER BY account_id, place
        """,
    ),
    Check(
        "running_balances_follow",
        "each posting's balance is the one before it and its amount",
        """
        SELECT format('account %s: the balance after posting %s is %s and should be %s',
                      account_id, version, balance_after, running)
          FROM (SELECT account_id, version, balance_after,
                       sum(amount) OVER (PARTITION BY account_id ORDER BY version) AS running
                  FROM wallets_posting WHERE version IS NOT NULL) p
         WHERE balance_after IS DISTINCT FROM running
         ORDER BY account_id, version
        """,
    ),
    Check(
        "floors_were_kept",
        "no account with a floor was below it after any posting, nor is it, holds counted in",
        """
        SELECT format('account %s: posting %s left %s, below its floor of %s',
                      p.account_id, p.version, b.sign * p.balance_after, b.floor)
          FROM wallets_posting p JOIN wallets_balance b ON b.account_id = p.account_id
         WHERE b.floor IS NOT NULL AND b.sign * p.balance_after < b.floor
        UNION ALL
        SELECT format('account %s: %s and %s held are below its floor of %s',
                      account_id, sign * balance, held, floor)
          FROM wallets_balance WHERE floor IS NOT NULL AND sign * balance - held < floor
         ORDER BY 1
        """,
    ),
    Check(
        "balances_are_sums",
        "each balance is the sum of its postings, with what is not rolled up yet",
        """
        SELECT format('account %s: %s in %s postings stand in the books, %s in %s in its balance',
                      b.account_id, coalesce(p.total, 0), coalesce(p.postings, 0),
                      b.balance + coalesce(u.total, 0), b.version + coalesce(u.postings, 0))
          FROM wallets_balance b
          LEFT JOIN (SELECT account_id, sum(amount) AS total, count(*) AS postings
                       FROM wallets_posting GROUP BY account_id) p USING (account_id)
          LEFT JOIN (SELECT account_id, sum(amount) AS total, sum(postings) AS postings
                       FROM wallets_unrolled GROUP BY account_id) u USING (account_id)
         WHERE b.balance + coalesce(u.total, 0) <> coalesce(p.total, 0)
            OR b.version + coalesce(u.postings, 0) <> coalesce(p.postings, 0)
            OR (u.account_id IS NOT NULL AND NOT b.is_deferred)
         ORDER BY b.account_id
        """,
    ),
    Check(
        "accounts_are_as_charted",
        "each account has its balance row, which says what the account and the chart say",
        """
        SELECT format('account %s differs from its balance row or the chart', a.id)
          FROM wallets_account a
          JOIN wallets_accountkind k ON k.code = a.kind_id
          LEFT JOIN wallets_balance b ON b.account_id = a.id
         WHERE (b.kind_id, b.currency, b.sign, b.is_deferred, b.is_closed, b.floor)
               IS DISTINCT FROM
               (a.kind_id, a.currency_id, k.side, k.is_deferred, a.closed_at IS NOT NULL, k.floor)
         ORDER BY a.id
        """,
    ),
    Check(
        "kinds_are_kept",
        "each journal touches only kinds of account that its kind may; reversals mirror",
        """
        SELECT format('journal %s of kind %s may not touch account %s so',
                      j.id, j.kind, p.account_id)
          FROM wallets_journal j
          JOIN wallets_posting p ON p.journal_id = j.id
          JOIN wallets_account a ON a.id = p.account_id
          LEFT JOIN wallets_journalkind k ON k.code = j.kind
         WHERE j.reverses_id IS NULL
           AND (a.kind_id = ANY (CASE WHEN p.amount > 0 THEN k.debits ELSE k.credits END))
               IS NOT TRUE
        UNION ALL
        SELECT format('journal %s does not mirror journal %s', j.id, j.reverses_id)
          FROM wallets_journal j
         WHERE j.reverses_id IS NOT NULL AND EXISTS (
               SELECT FROM (SELECT account_id, amount FROM wallets_posting
                             WHERE journal_id = j.id) r
               FULL JOIN (SELECT account_id, -amount AS amount FROM wallets_posting
                           WHERE journal_id = j.reverses_id) o
                      ON o.account_id = r.account_id AND o.amount = r.amount
               WHERE r.account_id IS NULL OR o.account_id IS NULL)
         ORDER BY 1
        """,
    ),
    Check(
        "sides_say_what_kinds_may",
        "each kind of journal lets a pair touch what it debits and credits, and nothing else",
        """
        SELECT format('kind %s lets a pair touch %s', code, sides)
          FROM wallets_journalkind
         WHERE sides[2:] <> debits || ARRAY(SELECT -each FROM unnest(credits) AS each)::smallint[]
         ORDER BY code
        """,
    ),
    Check(
        "manual_journals_take_two",
        "each manual journal is what one person proposed and another approved",
        """
        SELECT format('journal %s is not what one person proposed and another approved', j.id)
          FROM wallets_journal j
          LEFT JOIN wallets_manualjournal m ON m.journal_id = j.id
         WHERE j.kind = 'ledger.manual' AND (
               m.state = 'POSTED' AND m.decided_by <> m.proposed_by
               AND NOT EXISTS (
                   SELECT FROM jsonb_to_recordset(m.stored_legs)
                               AS leg (account_id bigint, amount bigint)
                     FULL JOIN (SELECT account_id, amount FROM wallets_posting
                                 WHERE journal_id = j.id) p USING (account_id)
                    WHERE leg.amount IS DISTINCT FROM p.amount)) IS NOT TRUE
         ORDER BY j.id
        """,
    ),
    Check(
        "holds_add_up",
        "what is held on an account is the sum of its open holds; captures add up to each hold's",
        """
        SELECT format('account %s holds %s, and its holds add up to %s',
                      b.account_id, b.held, coalesce(h.held, 0))
          FROM wallets_balance b
          LEFT JOIN (SELECT account_id, sum(amount - captured - released) AS held
                       FROM wallets_hold GROUP BY account_id) h USING (account_id)
         WHERE b.held <> coalesce(h.held, 0)
        UNION ALL
        SELECT format('hold %s: %s is captured, and its captures add up to %s',
                      h.id, h.captured, coalesce(c.amount, 0))
          FROM wallets_hold h
          LEFT JOIN (SELECT hold_id, sum(amount) AS amount
                       FROM wallets_holdcapture GROUP BY hold_id) c ON c.hold_id = h.id
         WHERE h.captured <> coalesce(c.amount, 0)
            OR (h.ended_at IS NULL) <> (h.captured + h.released < h.amount)
         ORDER BY 1
        """,
    ),
    Check(
        "clearing_is_on_time",
        "nothing stands on a clearing account for longer than its kind allows",
        """
        SELECT format('account %s (%s): %s of it is older than %s days',
                      a.id, k.name, sum(k.side * p.amount) FILTER (WHERE j.is_old)
                      - coalesce(sum(-k.side * p.amount) FILTER (
                            WHERE NOT j.is_old AND k.side * p.amount < 0), 0),
                      k.clears_within_days)
          FROM wallets_accountkind k
          JOIN wallets_account a ON a.kind_id = k.code
          JOIN wallets_posting p ON p.account_id = a.id
          JOIN LATERAL (SELECT effective_at
                               < now() - make_interval(days => k.clears_within_days) AS is_old
                          FROM wallets_journal WHERE id = p.journal_id) j ON true
         WHERE k.clears_within_days IS NOT NULL
         GROUP BY a.id, k.code
        HAVING sum(k.side * p.amount) FILTER (WHERE j.is_old)
               > coalesce(sum(-k.side * p.amount) FILTER (
                     WHERE NOT j.is_old AND k.side * p.amount < 0), 0)
         ORDER BY a.id
        """,
        is_due=True,
    ),
)
