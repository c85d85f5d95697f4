"""Constants and a function that another file of the package is read for."""

HOST = "cache"
PORT = 6300 + 80
TIMEOUT = 2 * 1.5
POOL = 4 * 8
REDIS = {"host": HOST, "port": PORT, "socket_timeout": TIMEOUT}


def seconds():
    return TIMEOUT + 1


class Settings:
    redis_host = "config"
    redis_port = 6390

    def __init__(self, db=6):
        self.db = db

    @property
    def redis_url(self):
        return f"redis://{self.redis_host}:{self.redis_port}/{self.db}"


settings = Settings()
