package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import java.util.Map;

/** Parses and type-checks filters with CEL; {@link CelTerms} reads its tree, and nothing else of the product sees that library. */
final class CelFilters {

    private static final int MAX_DEPTH = 64;
    private static final int MAX_NODES = 1_000;

    private final CelCompiler compiler;
    private final Map<String, Term> names;

    /**
     * Makes a language.
     *
     * @param names what may be named: fields, and constants under their names
     */
    CelFilters(Map<String, Term> names) {
        this.names = Map.copyOf(names);
        var builder = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(CelOptions.current()
                        .maxExpressionCodePointSize(Filter.MAX_LENGTH)
                        .maxParseRecursionDepth(MAX_DEPTH)
                        .maxParseExpressionNodeCount(MAX_NODES)
                        .enableHeterogeneousNumericComparisons(true)
                        .build())
                .setStandardMacros(CelStandardMacro.HAS)
                .addFunctionDeclarations(CelFunctionDecl.newFunctionDeclaration(
                        "contains",
                        CelOverloadDecl.newMemberOverload(
                                "map_contains_string",
                                SimpleType.BOOL,
                                MapType.create(SimpleType.STRING, SimpleType.STRING),
                                SimpleType.STRING)));
        names.forEach((name, term) -> builder.addVar(name, type(term)));
        this.compiler = builder.build();
    }

    private static CelType type(Term term) {
        return switch (term.kind()) {
            case TRUTH -> SimpleType.BOOL;
            case TEXT -> SimpleType.STRING;
            case NUMBER -> SimpleType.INT;
            case TIME -> SimpleType.TIMESTAMP;
            case SPAN -> SimpleType.DURATION;
            case JSON -> SimpleType.DYN;
            case TEXTS -> MapType.create(SimpleType.STRING, SimpleType.STRING);
        };
    }

    Term parse(String text) {
        CelValidationResult checked = compiler.compile(text);
        try {
            CelAbstractSyntaxTree tree = checked.getAst();
            CelType type = tree.getResultType();
            if (!type.equals(SimpleType.BOOL) && !type.equals(SimpleType.DYN)) {
                throw ResultsException.invalid(
                        "filter " + Escaped.of(text) + ", line 1, column 1: this is no condition, it yields "
                                + type.name() + "; compare it with something");
            }
            return new CelTerms(tree, names, text).condition();
        } catch (CelValidationException e) {
            throw new ResultsException(ResultsException.Code.INVALID, message(text, e), e);
        }
    }

    private static String message(String text, CelValidationException e) {
        CelIssue first = e.getErrors().get(0);
        return "filter " + Escaped.of(text) + ", " + place(first.getSourceLocation()) + ": "
                + Escaped.of(first.getMessage());
    }

    /** Columns of CEL count from 0. */
    static String place(CelSourceLocation location) {
        return "line " + location.getLine() + ", column " + (location.getColumn() + 1);
    }
}
