"""Django settings: `base` joins the parts; `local`, `test` and `production` choose."""
