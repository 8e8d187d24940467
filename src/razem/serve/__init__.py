"""Small services, as every tutorial on sockets has them: `razem.serve.services` is the table."""
