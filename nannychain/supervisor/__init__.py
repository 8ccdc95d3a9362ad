"""`make run`: one program in the foreground that sets up, starts, watches and stops all others.

steps     what is done before anything runs, each shown with the time it took
programs  what is started, with which settings
children  one process each: its log, its restarts, its end
"""
