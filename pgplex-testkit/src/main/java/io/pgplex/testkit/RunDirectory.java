package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one directory that holds everything this JVM's servers write, and the end of both.
 *
 * <p>When the JVM exits, a shutdown hook ends every server and removes the directory. When the JVM is
 * killed, the {@link Reaper} does. When that is killed too, the next JVM that starts a server finds the
 * directory's lock free and removes it. Thread-safe.
 */
final class RunDirectory {
    private static final Logger LOGGER = LoggerFactory.getLogger(RunDirectory.class);
    static final String PROPERTY = "pgplex.testkit.directory";
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ENOUGH_BYTES = 8L << 30;
    private static final String PREFIX = "pgplex-testkit-";
    private static final String LOCK_FILE = "lock";

    private final Path path;
    private final FileLock lock;
    private final Reaper reaper;
    private final AtomicInteger lastSubdirectory = new AtomicInteger();
    private final Set<ServerProcess> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private static final class Holder {
        static final RunDirectory INSTANCE = open(parent());
    }

    private RunDirectory(Path path, FileLock lock) {
        this.path = path;
        this.lock = lock;
        this.reaper = Reaper.start(path);
    }

    static RunDirectory current() {
        return Holder.INSTANCE;
    }

    /**
     * Memory, where there is plenty: a data directory is a thousand small files, which some file systems
     * take a second to copy.
     */
    private static Path parent() {
        String named = System.getProperty(PROPERTY);
        if (named != null) {
            return Path.of(named);
        }
        boolean roomy = Files.isWritable(MEMORY) && MEMORY.toFile().getUsableSpace() >= ENOUGH_BYTES;
        return roomy ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static RunDirectory open(Path parent) {
        removeAbandoned(parent);
        try {
            Path path = Files.createTempDirectory(
                    parent, PREFIX + ProcessHandle.current().pid() + "-");
            // another user's server may have to pass through (see Privileges); nobody may look around
            Directories.create(path, Directories.OTHERS_MAY_ENTER);
            FileLock lock = tryLock(path);
            if (lock == null) {
                throw new ServerException(path + " is locked by another process");
            }
            RunDirectory directory = new RunDirectory(path, lock);
            Runtime.getRuntime().addShutdownHook(new Thread(directory::close, "pgplex-testkit-shutdown"));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException("could not create a directory for servers in " + parent, e);
        }
    }

    private static void removeAbandoned(Path parent) {
        try (Stream<Path> paths = Files.list(parent)) {
            paths.filter(path -> path.getFileName().toString().startsWith(PREFIX))
                    .filter(path -> Files.isWritable(path.resolve(LOCK_FILE)))
                    .filter(RunDirectory::isOld)
                    .forEach(RunDirectory::removeIfAbandoned);
        } catch (IOException e) {
            LOGGER.debug("could not look for directories of killed JVMs", e);
        }
    }

    /** A JVM that has just made its directory may not have locked it yet. */
    private static boolean isOld(Path path) {
        return path.toFile().lastModified() < System.currentTimeMillis() - 60_000;
    }

    private static void removeIfAbandoned(Path path) {
        try (FileLock lock = tryLock(path)) {
            if (lock != null) {
                Reaper.endServersIn(path);
                Directories.delete(path);
                lock.channel().close();
            }
        } catch (IOException | UncheckedIOException | OverlappingFileLockException e) {
            LOGGER.debug("could not remove {}", path, e);
        }
    }

    private static @Nullable FileLock tryLock(Path path) throws IOException {
        FileChannel channel =
                FileChannel.open(path.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
        }
        return lock;
    }

    /** A new directory for a server's files, named after it. */
    Path newSubdirectory(String name) {
        Path directory = path.resolve(name + "-" + lastSubdirectory.incrementAndGet());
        return Directories.create(directory, Directories.OTHERS_MAY_ENTER);
    }

    void started(ServerProcess server) {
        running.add(server);
        reaper.watch(server.pid());
        if (closed) {
            server.quit();
            throw new ServerException("the JVM is shutting down");
        }
    }

    void ended(ServerProcess server) {
        if (running.remove(server)) {
            reaper.forget(server.pid());
        }
    }

    private void close() {
        closed = true;
        running.parallelStream().forEach(ServerProcess::quit);
        Directories.delete(path);
        try {
            lock.channel().close();
        } catch (IOException e) {
            LOGGER.debug("could not close the lock of {}", path, e);
        }
        reaper.close();
    }
}
