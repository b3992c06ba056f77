# The commands that people use. `make` lists them; ARGUMENTS="..." goes to the program that is run.

MVN ?= mvn -B -ntp

.PHONY: help build test quickstart bench bench-transfer bench-failover fuzz soak format local-cluster clean

help:
	@echo "make build          compile and package everything, without tests"
	@echo "make test           everything that a change must pass: unit and integration tests, checks"
	@echo "make quickstart     a sharded order-entry database, started, filled, queried, compared"
	@echo "make bench          what pgplex costs beside bare pgjdbc, in three minutes"
	@echo "make bench-transfer transactions over two shards, by pgplex and by others, in six minutes"
	@echo "make bench-failover from the kill of a primary to the next write, by pgplex and by others, in three minutes"
	@echo "make fuzz           random statements on pgplex and one PostgreSQL, compared for ten minutes"
	@echo "make soak           transactions while servers and clients are killed, checked for anomalies for ten minutes"
	@echo "make format         format the sources"
	@echo "make local-cluster  three shards and an etcd that run until Ctrl-C"
	@echo "make clean          remove what was built"

build:
	$(MVN) -DskipTests -Dspotless.check.skip package

test:
	.ci/run

quickstart:
	$(MVN) -q -Pquickstart -pl samples/quickstart -am -DskipTests -Dspotless.check.skip verify $(if $(ARGUMENTS),-Dquickstart.arguments="$(ARGUMENTS)")

bench:
	$(MVN) -q -Pbench -pl benchmarks -am -DskipTests -Dspotless.check.skip verify $(if $(ARGUMENTS),-Dbench.arguments="$(ARGUMENTS)")

bench-transfer:
	$(MVN) -q -Pbench-transfer -pl benchmarks -am -DskipTests -Dspotless.check.skip verify $(if $(ARGUMENTS),-Dbench.arguments="$(ARGUMENTS)")

bench-failover:
	$(MVN) -q -Pbench-failover -pl benchmarks -am -DskipTests -Dspotless.check.skip verify $(if $(ARGUMENTS),-Dbench.arguments="$(ARGUMENTS)")

fuzz:
	$(MVN) -q -Pfuzz -pl pgplex-jdbc -am -Dspotless.check.skip test-compile $(if $(ARGUMENTS),-Dfuzz.arguments="$(ARGUMENTS)")

soak:
	$(MVN) -q -Psoak -pl pgplex-jdbc -am -Dspotless.check.skip test-compile $(if $(ARGUMENTS),-Dsoak.arguments="$(ARGUMENTS)")

format:
	$(MVN) -q spotless:apply

local-cluster:
	$(MVN) -q -Plocal-cluster -pl samples/quickstart -am -DskipTests -Dspotless.check.skip verify $(if $(ARGUMENTS),-Dquickstart.arguments="$(ARGUMENTS)")

clean:
	$(MVN) -q clean
