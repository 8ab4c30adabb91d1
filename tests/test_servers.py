import asyncpg
import pytest
import redis.asyncio as redis


async def test_a_database_can_be_copied_on_the_postgres_server(postgres_server):
    connection = await asyncpg.connect(postgres_server.url)
    try:
        await connection.execute("CREATE DATABASE copied TEMPLATE template1")
        assert await connection.fetchval("SELECT lower('Ä')") == "ä"
    finally:
        await connection.close()


async def test_a_killed_redis_server_comes_back_empty_at_the_same_address(redis_server):
    async with redis.from_url(redis_server.url) as client:
        await client.set("kept", "no")
        redis_server.kill()
        with pytest.raises(redis.ConnectionError):
            await client.get("kept")
        redis_server.start()
        assert await client.get("kept") is None
