-- How far in the replicated log the records are.
INSERT INTO counters (name, value) VALUES ('log_term', 0), ('log_index', -1);
