"""What every endpoint of the REST API rests on; the endpoints stand beside their services.

`endpoints.Endpoint` is the base of each; `access` says who may, `rates` how often, `idempotent`
lets a POST that moves money happen once, `problems` turns whatever went wrong into RFC 9457 problem
details, `explained` describes an operation for OpenAPI. How to add one: docs/api.md.
"""
