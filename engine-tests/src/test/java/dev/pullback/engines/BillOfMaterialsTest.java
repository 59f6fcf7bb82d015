package dev.pullback.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** The bill of materials has no parent, so what it repeats of the build is compared here. */
class BillOfMaterialsTest {

  private static final Path ROOT = Path.of(System.getProperty("pullback.root", ".."));
  private static final String MODULES =
      "/project/dependencyManagement//dependency[groupId='dev.pullback' and not(type)]/artifactId";

  private final XPath path = XPathFactory.newInstance().newXPath();

  private static Document read(String file) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(ROOT.resolve(file).toFile());
  }

  @Test
  void hasTheVersionsOfTheBuild() throws Exception {
    Document bom = read("bom/pom.xml");
    Document build = read("pom.xml");
    for (String version : new String[] {"/project/version", "/project/properties/djl.version"}) {
      assertEquals(path.evaluate(version, build), path.evaluate(version, bom), version);
    }
  }

  @Test
  void listsEveryModuleThatProgramsMayUse() throws Exception {
    Set<String> expected = managed(read("pom.xml"));
    assertTrue(expected.contains("djl-optim"), () -> "read from the root POM: " + expected);
    assertEquals(expected, managed(read("bom/pom.xml")));
  }

  @Test
  void theExampleImportsThisVersion() throws Exception {
    assertEquals(
        path.evaluate("/project/version", read("bom/pom.xml")),
        path.evaluate(
            "//dependency[groupId='dev.pullback' and artifactId='bom']/version",
            read("examples/spirals/pom.xml")));
  }

  private Set<String> managed(Document pom) throws Exception {
    NodeList modules = (NodeList) path.evaluate(MODULES, pom, XPathConstants.NODESET);
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < modules.getLength(); i++) {
      names.add(modules.item(i).getTextContent());
    }
    return names;
  }
}
