"""The one owner of the wire; knows no register's meaning."""
