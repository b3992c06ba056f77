package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where unpacked programs are kept between runs: {@code ~/.cache/pgplex}, or a directory of this user's
 * below the temporary one where the home directory cannot be used.
 *
 * <p>Entries appear whole, by an atomic rename, and never change; JVMs side by side may race.
 */
final class CacheDirectory {
    /** Fills the empty directory of a new entry. */
    @FunctionalInterface
    interface Filler {
        void fill(Path directory) throws IOException;
    }

    private CacheDirectory() {}

    /** The directory of an entry, which is filled first when there is none yet. */
    static Path entry(String name, Filler filler) {
        Path cache = locate();
        Path entry = cache.resolve(name);
        if (Files.isDirectory(entry)) {
            return entry;
        }
        try {
            Path unfinished = Files.createTempDirectory(cache, "." + name + "-");
            try {
                filler.fill(unfinished);
                Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
                renameUnlessThere(unfinished, entry);
            } finally {
                Directories.delete(unfinished);
            }
            return entry;
        } catch (IOException e) {
            throw new UncheckedIOException("could not fill " + entry, e);
        }
    }

    private static void renameUnlessThere(Path unfinished, Path entry) throws IOException {
        try {
            Files.move(unfinished, entry);
        } catch (IOException e) {
            if (!Files.isDirectory(entry)) {
                throw e;
            }
            // another JVM was faster
        }
    }

    private static Path locate() {
        Path home = Path.of(System.getProperty("user.home", "/"), ".cache", "pgplex");
        if (Privileges.current().mayEnterHome() && isUsable(home)) {
            return home;
        }
        Path temporary =
                Path.of(System.getProperty("java.io.tmpdir"), "pgplex-cache-" + System.getProperty("user.name"));
        if (!isUsable(temporary)) {
            throw new ServerException("neither " + home + " nor " + temporary + " can be written to");
        }
        return temporary;
    }

    /** Somebody else's directory is not used: what lies there would be run. */
    private static boolean isUsable(Path directory) {
        try {
            Files.createDirectories(directory);
            Path probe = Files.createTempFile(directory, ".probe-", "");
            boolean own = Files.getOwner(probe).equals(Files.getOwner(directory));
            Files.delete(probe);
            return own;
        } catch (IOException e) {
            return false;
        }
    }
}
