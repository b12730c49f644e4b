-- Records of the bucket 'virtual' say which virtual address stands for which service. A version that does not know them would
-- give the same addresses to others, so it must not open the database.
INSERT INTO counters (name, value) VALUES ('virtual_next', 1);
