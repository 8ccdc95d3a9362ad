"""What a member sees and changes about herself over the API.

services    change what she may change herself: name, language, consent to messages
selectors   profile, and the dashboard with her things to do
export      all that we hold on her, section by section, joined in `config/exports.py`
api         /me, /me/dashboard, /me/export
"""
