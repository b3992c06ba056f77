package io.pgplex.testkit;

/** A server, or something it needs, could not be had or did not do as told. */
public class ServerException extends RuntimeException {
    public ServerException(String message) {
        super(message);
    }

    public ServerException(String message, Throwable cause) {
        super(message, cause);
    }
}
