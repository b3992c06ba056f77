package io.pgplex.testkit;

/** No Patroni can be had on this machine. */
public final class PatroniUnavailableException extends ServerException {
    public PatroniUnavailableException(String message) {
        super(message);
    }
}
