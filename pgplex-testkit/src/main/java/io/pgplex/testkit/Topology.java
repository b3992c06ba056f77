package io.pgplex.testkit;

/**
 * Which servers there are, and how they are set up.
 *
 * @param shards how many primaries, named pg1, pg2, ...
 * @param standbys how many standbys each primary has, named pg1_r1, pg1_r2, ...
 * @param synchronous whether commits wait for a standby
 * @param links whether clients and standbys reach each server through a {@link NetworkLink}
 * @param etcdMembers how many members the etcd has
 */
public record Topology(
        int shards,
        int standbys,
        boolean synchronous,
        DatabaseLocale locale,
        EtcdUse etcd,
        boolean passwords,
        boolean links,
        int etcdMembers) {
    private static final int SHARD_LIMIT = 64;
    private static final int STANDBY_LIMIT = 8;
    private static final int ETCD_LIMIT = 5;

    /** Whether there is an etcd beside the servers. */
    public enum EtcdUse {
        /** Starting fails where no etcd can be had. */
        REQUIRED,
        /** The in-memory store takes its place where none can be had. */
        PREFERRED,
        NONE
    }

    public Topology {
        if (shards < 0 || shards > SHARD_LIMIT) {
            throw new IllegalArgumentException("shards must be 0 to " + SHARD_LIMIT + ", not " + shards);
        }
        if (standbys < 0 || standbys > STANDBY_LIMIT) {
            throw new IllegalArgumentException("standbys must be 0 to " + STANDBY_LIMIT + ", not " + standbys);
        }
        if (etcdMembers < 1 || etcdMembers > ETCD_LIMIT) {
            throw new IllegalArgumentException("members of etcd must be 1 to " + ETCD_LIMIT + ", not " + etcdMembers);
        }
    }

    /** Servers without standbys, in code point order, without etcd. */
    public static Topology ofShards(int shards) {
        return new Topology(shards, 0, false, DatabaseLocale.CODE_POINT, EtcdUse.NONE, false, false, 1);
    }

    public Topology withShards(int count) {
        return new Topology(count, standbys, synchronous, locale, etcd, passwords, links, etcdMembers);
    }

    public Topology withStandbys(int count, boolean asSynchronous) {
        return new Topology(shards, count, asSynchronous, locale, etcd, passwords, links, etcdMembers);
    }

    public Topology withLocale(DatabaseLocale value) {
        return new Topology(shards, standbys, synchronous, value, etcd, passwords, links, etcdMembers);
    }

    public Topology withEtcd(EtcdUse value) {
        return new Topology(shards, standbys, synchronous, locale, value, passwords, links, etcdMembers);
    }

    /** Roles other than the superuser are asked for their password. */
    public Topology withPasswords() {
        return new Topology(shards, standbys, synchronous, locale, etcd, true, links, etcdMembers);
    }

    public Topology withLinks() {
        return new Topology(shards, standbys, synchronous, locale, etcd, passwords, true, etcdMembers);
    }

    /** An etcd of several members, one of which may be lost. */
    public Topology withEtcdMembers(int count) {
        return new Topology(shards, standbys, synchronous, locale, etcd, passwords, links, count);
    }
}
