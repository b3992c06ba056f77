package io.pgplex.metadata.store.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.common.exception.EtcdException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLException;

/** How this package speaks to jetcd: the connection's settings, bytes, and errors. */
final class EtcdConnection {

    /** etcd refuses clients that ping more often than every 5 s. */
    private static final Duration KEEPALIVE_TIME = Duration.ofSeconds(10);

    private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(5);

    /** A whole prefix is read in one answer; gRPC's own limit of 4 MiB would be a few thousand tables. */
    private static final int MAX_ANSWER_BYTES = 256 << 20;

    /** gRPC says there what it found out about epoll, on the console of applications that configure nothing. */
    private static final Logger CHATTER = Logger.getLogger("io.grpc.netty.TcpMetrics");

    private static final AtomicInteger THREADS = new AtomicInteger();

    private EtcdConnection() {}

    /** Threads for answers and events; jetcd's own would outlive their client for a minute. */
    static ExecutorService newExecutor() {
        return Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "pgplex-etcd-" + THREADS.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    static Client connect(EtcdOptions options, ExecutorService executor) throws MetadataException {
        CHATTER.setLevel(Level.WARNING);
        ClientBuilder builder = Client.builder()
                .endpoints(options.endpoints())
                .executorService(executor)
                .connectTimeout(options.timeout())
                .keepaliveTime(KEEPALIVE_TIME)
                .keepaliveTimeout(KEEPALIVE_TIMEOUT)
                .keepaliveWithoutCalls(true)
                .maxInboundMessageSize(MAX_ANSWER_BYTES)
                .retryMaxAttempts(0) // its retries start a thread that lives as long as the JVM
                .waitForReady(false);
        String user = options.user();
        String password = options.password();
        if (user != null && password != null) {
            builder.user(bytes(user)).password(bytes(password));
        }
        if (options.authority() != null) {
            builder.authority(options.authority());
        }
        if (options.usesTls()) {
            secure(builder, options);
        }
        return builder.build();
    }

    private static void secure(ClientBuilder builder, EtcdOptions options) throws MetadataException {
        try {
            builder.sslContext(tls -> {
                if (options.caFile() != null) {
                    tls.trustManager(options.caFile().toFile());
                }
                if (options.certFile() != null && options.keyFile() != null) {
                    tls.keyManager(
                            options.certFile().toFile(), options.keyFile().toFile());
                }
            });
        } catch (SSLException | IllegalArgumentException e) {
            throw new MetadataException(Kind.DENIED, "the TLS files for etcd cannot be used", e);
        }
    }

    static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    static KeyValue pair(io.etcd.jetcd.KeyValue pair) {
        return new KeyValue(
                pair.getKey().toString(StandardCharsets.UTF_8),
                pair.getValue().toString(StandardCharsets.UTF_8),
                pair.getModRevision());
    }

    /** What an error of jetcd means for our callers. */
    static MetadataException translate(Throwable error) {
        String message = "etcd: " + error.getMessage();
        Throwable root = error;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        if (root != error && root.getMessage() != null && !message.contains(root.getMessage())) {
            message += " (" + root.getMessage() + ")"; // gRPC says "io exception", its cause says what it was
        }
        Kind kind = error instanceof CompactedException ? Kind.COMPACTED : kindOf(innermostStatus(error));
        return new MetadataException(kind, message, error);
    }

    /** jetcd logs in on the way to a call, and wraps a failure of that in one of the call. */
    private static Status innermostStatus(Throwable error) {
        Status status = Status.UNKNOWN;
        for (Throwable next = error; next != null; next = next.getCause()) {
            if (next instanceof StatusRuntimeException exception) {
                status = exception.getStatus();
            } else if (next instanceof EtcdException exception) {
                status = Status.fromCode(
                                Status.Code.valueOf(exception.getErrorCode().name()))
                        .withDescription(exception.getMessage());
            }
        }
        return status;
    }

    private static Kind kindOf(Status status) {
        return switch (status.getCode()) {
            case UNAUTHENTICATED, PERMISSION_DENIED -> Kind.DENIED;
            case DEADLINE_EXCEEDED, CANCELLED, ABORTED -> Kind.TIMEOUT;
            case OUT_OF_RANGE -> Kind.COMPACTED;
            case INVALID_ARGUMENT, FAILED_PRECONDITION ->
                isAboutLogin(String.valueOf(status.getDescription())) ? Kind.DENIED : Kind.UNAVAILABLE;
            default -> Kind.UNAVAILABLE;
        };
    }

    /** A wrong or missing login is an INVALID_ARGUMENT to etcd, one that it does not ask for a FAILED_PRECONDITION. */
    private static boolean isAboutLogin(String description) {
        return description.contains("authentication") || description.contains("user name");
    }
}
