import java.io.File;
import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Prints "path TAB true|false" for each PDF, and its failed rules below. */
public final class Validate {
    public static void main(String[] paths) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String path : paths) {
            try (FileInputStream in = new FileInputStream(new File(path));
                 PDFAParser parser = Foundries.defaultInstance().createParser(in, PDFAFlavour.PDFA_2_U)) {
                PDFAValidator v = Foundries.defaultInstance().createValidator(PDFAFlavour.PDFA_2_U, false);
                ValidationResult r = v.validate(parser);
                System.out.println(path + "\t" + r.isCompliant());
                for (TestAssertion a : r.getTestAssertions()) {
                    if (a.getStatus() != TestAssertion.Status.PASSED)
                        System.out.println("\t" + a.getRuleId().getClause() + "-" + a.getRuleId().getTestNumber() + " " + a.getMessage() + " " + a.getLocation().getContext());
                }
            }
        }
    }
}
