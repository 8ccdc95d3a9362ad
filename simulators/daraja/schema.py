"""The tables of the simulated M-Pesa. Amounts are cents, times seconds of the epoch."""

TABLES = (
    *("wallets", "floats", "prompts", "payments", "payouts", "registrations", "calls"),
    *("movements", "pulls"),
)
VERSION = 2  # state of another version is forgotten: it is a simulated world
SCHEMA = """
CREATE TABLE IF NOT EXISTS wallets (phone TEXT PRIMARY KEY, cents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS floats (
    shortcode TEXT NOT NULL, account TEXT NOT NULL, cents INTEGER NOT NULL,
    PRIMARY KEY (shortcode, account)
);
CREATE TABLE IF NOT EXISTS prompts (
    checkout_id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL, phone TEXT NOT NULL,
    shortcode TEXT NOT NULL, cents INTEGER NOT NULL, reference TEXT NOT NULL,
    description TEXT NOT NULL, callback TEXT NOT NULL, is_open INTEGER NOT NULL DEFAULT 1,
    code TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '', created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS prompts_open ON prompts (phone) WHERE is_open = 1;
CREATE TABLE IF NOT EXISTS payments (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    receipt TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, phone TEXT NOT NULL,
    shortcode TEXT NOT NULL, cents INTEGER NOT NULL, reference TEXT NOT NULL, at REAL NOT NULL,
    is_reversed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS payments_by_time ON payments (shortcode, at);
CREATE TABLE IF NOT EXISTS movements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    shortcode TEXT NOT NULL, account TEXT NOT NULL, receipt TEXT NOT NULL, kind TEXT NOT NULL,
    cents INTEGER NOT NULL, balance INTEGER NOT NULL, phone TEXT NOT NULL,
    reference TEXT NOT NULL, linked TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS movements_by_time ON movements (shortcode, account, at);
CREATE TABLE IF NOT EXISTS payouts (
    originator_id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL UNIQUE, phone TEXT NOT NULL,
    shortcode TEXT NOT NULL, cents INTEGER NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
    receipt TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS registrations (
    shortcode TEXT PRIMARY KEY, validation TEXT NOT NULL, confirmation TEXT NOT NULL,
    response_type TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS pulls (shortcode TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, due_at REAL NOT NULL
);
"""
