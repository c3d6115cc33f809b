"""Every statement about people, conversations, tenants, instances and keys."""

from messagestatus_server.storage.sqlite.statement import Statement, TenantlessStatement

PERSON = Statement("""
    SELECT user_id, first_name, last_name, display_name, email, user_name, company FROM person
    WHERE tenant = ?1 AND user_id = ?2
""")

PUT_PERSON = Statement("""
    INSERT INTO person (tenant, user_id, first_name, last_name, display_name, email, user_name, company)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (tenant, user_id) DO UPDATE
    SET first_name = excluded.first_name, last_name = excluded.last_name,
        display_name = excluded.display_name, email = excluded.email, user_name = excluded.user_name,
        company = excluded.company
""")

VIEW_HISTORY = Statement("SELECT view_history FROM conversation WHERE tenant = ?1 AND conversation_id = ?2")

PUT_CONVERSATION = Statement("""
    INSERT INTO conversation (tenant, conversation_id, view_history) VALUES (?1, ?2, ?3)
    ON CONFLICT (tenant, conversation_id) DO UPDATE SET view_history = excluded.view_history
""")

MEMBERSHIPS = Statement("""
    SELECT user_id, join_time, leave_time FROM membership
    WHERE tenant = ?1 AND conversation_id = ?2 AND user_id = ?3
""")

FORGET_MEMBERSHIPS = Statement("DELETE FROM membership WHERE tenant = ?1 AND conversation_id = ?2")

ADD_MEMBERSHIP = Statement("""
    INSERT INTO membership (tenant, conversation_id, user_id, join_time, leave_time)
    VALUES (?1, ?2, ?3, ?4, ?5)
""")

HAS_INSTANCE = Statement("SELECT 1 FROM instance WHERE tenant = ?1 AND name = ?2")

INSTANCES = Statement("SELECT name, create_time FROM instance WHERE tenant = ?1 ORDER BY name")

ADD_INSTANCE = Statement("INSERT INTO instance (tenant, name, create_time) VALUES (?1, ?2, ?3)")

KEYS = Statement("""
    SELECT key_id, client, scopes, instance, user_id, expire_time, prefix, create_time, revoke_time
    FROM api_key WHERE tenant = ?1
""")

ADD_KEY = Statement("""
    INSERT INTO api_key (tenant, key_id, digest, client, scopes, instance, user_id, expire_time, prefix,
        create_time)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
""")

REVOKE_KEY = Statement("""
    UPDATE api_key SET revoke_time = ?3 WHERE tenant = ?1 AND key_id = ?2 AND revoke_time IS NULL
""")

FIND_KEY = TenantlessStatement(
    """
    SELECT api_key.key_id, client, scopes, instance, user_id, expire_time, prefix, api_key.create_time,
        revoke_time, api_key.tenant, tenant.name, tenant.operator, digest
    FROM api_key JOIN tenant ON tenant.id = api_key.tenant
    WHERE digest = ?1
    """,
    why="a key tells which tenant is calling",
)

_TENANT = "SELECT id, name, operator, create_time FROM tenant"

TENANTS = TenantlessStatement(f"{_TENANT} ORDER BY name", why="the operator lists all tenants")

FIND_TENANT = TenantlessStatement(f"{_TENANT} WHERE name = ?1", why="a name is how the operator names one")

ADD_TENANT = TenantlessStatement(
    """
    INSERT INTO tenant (name, operator, create_time) VALUES (?1, ?2, ?3)
    RETURNING id, name, operator, create_time
    """,
    why="the tenant is what it makes",
)
