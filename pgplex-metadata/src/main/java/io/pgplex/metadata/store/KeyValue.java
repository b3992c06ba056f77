package io.pgplex.metadata.store;

/**
 * One stored pair. Immutable.
 *
 * @param key the whole key
 * @param value the value as UTF-8 text
 * @param modRevision the store's revision at which the value was last written
 */
public record KeyValue(String key, String value, long modRevision) {}
