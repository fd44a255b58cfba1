package ch.sbb.esta.results;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which package may know which. */
class ArchitectureTest {

    private static final String ROOT = "ch.sbb.esta.results";
    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CORE);
    }

    /** Packages of core by the last part of their names; {@code root} is the one of the values. */
    private static DescribedPredicate<JavaClass> coreOutside(String... allowed) {
        DescribedPredicate<JavaClass> other = resideInAPackage(ROOT + "..");
        for (String name : allowed) {
            other = other.and(resideOutsideOfPackage(packageOf(name)));
        }
        return other.as("the rest of core beyond " + Arrays.toString(allowed));
    }

    private static String packageOf(String name) {
        return name.equals("root") ? ROOT : ROOT + "." + name + "..";
    }

    private static ArchRule mayKnow(String name, String... allowed) {
        return noClasses().that().resideInAPackage(packageOf(name)).should().dependOnClassesThat(coreOutside(allowed));
    }

    @Test
    void thereIsSomethingToCheck() {
        assertThat(CORE.contain(RunSnapshot.class)).isTrue();
        assertThat(CORE.contain(ArchitectureTest.class)).isFalse();
    }

    @Test
    void theValuesKnowNothingElseOfCore() {
        check(mayKnow("root", "root"));
    }

    @Test
    void theRolesKnowTheValuesOnly() {
        check(mayKnow("spi", "spi", "root"));
    }

    @Test
    void theInternalPartsKnowNothingAboveTheRoles() {
        check(mayKnow("internal", "internal", "root", "spi"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"archive", "conversion", "copy", "events", "logs", "memory", "file", "retention", "prune"})
    void enginesAndImplementationsDoNotKnowEachOther(String name) {
        check(mayKnow(name, name, "root", "spi", "internal", "filter"));
    }

    @Test
    void nobodyDependsOnTheInMemoryImplementations() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(packageOf("memory"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(packageOf("memory")));
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().matching("(" + ROOT + "..)").should().beFreeOfCycles());
    }

    @Test
    void theFilterLanguageKnowsTheValuesOnly() {
        check(mayKnow("filter", "filter", "root", "internal"));
    }

    @Test
    void celIsKnownToPackagePrivateClassesOfTheFilterLanguageOnly() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(packageOf("filter"))
                .or()
                .arePublic()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.cel.."));
    }

    @Test
    void micrometerIsKnownToTheMetricsOnlyWhichNobodyKnows() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(packageOf("metrics"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.micrometer..", packageOf("metrics")));
    }

    @Test
    void noDriverIsInSight() {
        check(noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..",
                        "javax.sql..",
                        "org.jdbi..",
                        "org.postgresql..",
                        "io.fabric8..",
                        "software.amazon..",
                        "io.grpc..",
                        "com.google.protobuf.."));
    }

    @Test
    void jsonIsReadInTheValuesAndTheInMemoryImplementationsWithoutShowingTheLibrary() {
        check(classes()
                .that()
                .arePublic()
                .and()
                .resideInAPackage(packageOf("spi"))
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify..", ROOT, packageOf("spi")));
    }
}
