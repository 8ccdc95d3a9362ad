"""The REST API: JSON only, and every endpoint says for itself who may."""

from config.env import BASE_DIR

OPENAPI_FILE = BASE_DIR / "config" / "openapi.json"

REST_FRAMEWORK = {
    # Whoever forgets to say who may call an endpoint has made one that nobody may.
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_AUTHENTICATION_CLASSES": ["workers.identity.tokens.authentication.Bearer"],
    "DEFAULT_PARSER_CLASSES": ["nannychain.api.json.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["nannychain.api.json.JsonRenderer"],
    "DEFAULT_SCHEMA_CLASS": "nannychain.api.schema.Schema",
    "EXCEPTION_HANDLER": "nannychain.api.problems.answer",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nothing that the schema doesn't
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_FILTER_BACKENDS": [],
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "NannyChain",
    "VERSION": "1",
    "DESCRIPTION": (
        "A pay record that domestic workers own. All bodies are JSON; money is whole cents with "
        "its currency; times are RFC 3339 in UTC; lists go by cursor. Errors are RFC 9457 problem "
        "details: go by `code`. A POST that moves money needs an `Idempotency-Key`."
    ),
    "SERVERS": [{"url": "/"}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "COMPONENT_SPLIT_REQUEST": False,
    "AUTHENTICATION_WHITELIST": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "An access token from `/auth/token`, or an API key.",
            }
        }
    },
}
