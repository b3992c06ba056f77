package io.pgplex.testkit;

/** No etcd can be had on this machine: callers fall back to the in-memory store, and say so. */
public final class EtcdUnavailableException extends ServerException {
    public EtcdUnavailableException(String message) {
        super(message);
    }
}
