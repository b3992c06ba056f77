package io.pgplex.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Debian's packages, downloaded and unpacked into the user's cache without being installed.
 *
 * <p>That needs no root, and leaves apt's own state alone: package lists that are fetched, because there
 * are none or they are too old, go into a temporary directory.
 */
final class DebianPackages {
    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(2);

    private DebianPackages() {}

    /** Why there can be none here, or null. */
    static @Nullable String obstacle() {
        return Command.succeeds("apt-get", "--version") && Command.succeeds("dpkg-deb", "--version")
                ? null
                : "this is not a Debian to download packages from";
    }

    /**
     * The directory that holds the packages' files, filled unless it was before.
     *
     * @param entry the directory's name in the cache
     * @throws ServerException when a package cannot be had; an {@link java.io.UncheckedIOException} when files cannot be
     *     written
     */
    static Path unpacked(String entry, List<String> packages) {
        return CacheDirectory.entry(entry, target -> fill(target, packages));
    }

    private static void fill(Path target, List<String> packages) throws IOException {
        Path work = Files.createTempDirectory("pgplex-apt-");
        try {
            for (Path archive : download(work, packages)) {
                Command.Result unpacked = Command.run(
                        work, DOWNLOAD_LIMIT, List.of("dpkg-deb", "-x", archive.toString(), target.toString()));
                if (!unpacked.succeeded()) {
                    throw new ServerException("dpkg-deb: " + unpacked.output());
                }
            }
        } finally {
            Directories.delete(work);
        }
    }

    private static List<Path> download(Path work, List<String> packages) throws IOException {
        if (!aptGet(work, List.of(), "download", packages).succeeded()) {
            Path lists = Files.createDirectories(work.resolve("lists/partial")).resolveSibling("");
            Path cache = Files.createDirectories(work.resolve("cache/archives/partial"));
            List<String> own = List.of(
                    "-o", "Dir::State::lists=" + lists,
                    "-o", "Dir::Cache=" + cache.resolve("../..").normalize());
            aptGet(work, own, "update", List.of());
            Command.Result second = aptGet(work, own, "download", packages);
            if (!second.succeeded()) {
                throw new ServerException("apt-get: " + second.output());
            }
        }
        try (Stream<Path> files = Files.list(work)) {
            List<Path> archives =
                    files.filter(file -> file.toString().endsWith(".deb")).toList();
            if (archives.size() < packages.size()) {
                throw new ServerException("apt-get downloaded " + archives.size() + " of " + packages);
            }
            return archives;
        }
    }

    private static Command.Result aptGet(Path work, List<String> options, String action, List<String> packages)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("apt-get", "--quiet"));
        // apt's unprivileged user cannot write into our directory, and apt would warn of it
        command.addAll(List.of("-o", "APT::Sandbox::User=root"));
        command.addAll(options);
        command.add(action);
        command.addAll(packages);
        return Command.run(work, DOWNLOAD_LIMIT, command);
    }
}
