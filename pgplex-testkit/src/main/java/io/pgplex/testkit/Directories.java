package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Whole directory trees: created, copied and removed, tolerant of a server that works in them meanwhile. */
final class Directories {
    static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    static final Set<PosixFilePermission> OTHERS_MAY_ENTER = PosixFilePermissions.fromString("rwx--x--x");

    private Directories() {}

    static Path create(Path directory, Set<PosixFilePermission> permissions) {
        try {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, permissions);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Copies a tree; the copy's directories are the owner's alone, as PostgreSQL demands.
     *
     * @param copied asked with each path below the source, before what is in it
     */
    static void copy(Path source, Path target, Predicate<Path> copied) {
        try {
            Files.walkFileTree(source, new Copier(source, target, copied));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes a tree, whether or not it exists. */
    static void delete(Path directory) {
        try {
            Files.walkFileTree(directory, new Remover());
        } catch (NoSuchFileException e) {
            // gone is what was wanted
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Copier extends SimpleFileVisitor<Path> {
        private final Path source;
        private final Path target;
        private final Predicate<Path> copied;

        Copier(Path source, Path target, Predicate<Path> copied) {
            this.source = source;
            this.target = target;
            this.copied = copied;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            Path below = source.relativize(directory);
            if (!directory.equals(source) && !copied.test(below)) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            create(target.resolve(below), OWNER_ONLY);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Path below = source.relativize(file);
            if (copied.test(below)) {
                Files.copy(file, target.resolve(below), StandardCopyOption.COPY_ATTRIBUTES);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            return passOver(e);
        }
    }

    private static final class Remover extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            return passOver(e);
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }

    /** A running server removes files while we walk. */
    private static FileVisitResult passOver(IOException e) throws IOException {
        if (e instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw e;
    }
}
