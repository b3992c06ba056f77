package io.pgplex.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test class real servers, as parameters of its constructor, its tests and its other methods.
 *
 * <p>A parameter may be a {@link LocalCluster}: a cluster of the class's own on servers that all classes
 * with equal values here share, with a database and a name of its own. Or it is a {@link Servers}, the
 * first {@link PostgresServer}, or the {@link EtcdServer}, for which no cluster is formed and no pgplex
 * driver is needed; a test that asks for an etcd is skipped where none can be had.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@ExtendWith(PgplexClusterExtension.class)
public @interface PgplexCluster {
    /** Number of shards; 0 where a test needs nothing but etcd. */
    int shards() default 2;

    /** Standbys of each shard. */
    int standbys() default 0;

    /** Whether commits wait for a standby. */
    boolean synchronous() default false;

    /** The databases' default collation in the form of {@link DatabaseLocale#parse}; code point order if empty. */
    String locale() default "";

    /** Whether the metadata are in etcd, as far as one can be had, or in the memory of the JVM. */
    boolean etcd() default true;

    /** Whether roles other than the superuser are asked for their password. */
    boolean passwords() default false;

    /** Members of the etcd, one of which may be lost where there are three. */
    int etcdMembers() default 1;

    /** Whether the servers are reached through {@link NetworkLink}s, and so can be cut off. */
    boolean links() default false;

    /** More parameters for the URL of its {@link LocalCluster}, such as {@code arbiter=false}. */
    String parameters() default "";

    /** For a class that breaks its servers: they are started for it alone, and closed after it. */
    boolean exclusive() default false;
}
