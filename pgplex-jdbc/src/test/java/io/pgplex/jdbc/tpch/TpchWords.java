package io.pgplex.jdbc.tpch;

/** The words that values are made of: those of the specification's lists where queries look for them. */
final class TpchWords {

    static final String[] REGIONS = {"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"};

    /** Each nation with the number of its region. */
    static final String[] NATIONS = {
        "ALGERIA 0",
        "ARGENTINA 1",
        "BRAZIL 1",
        "CANADA 1",
        "EGYPT 4",
        "ETHIOPIA 0",
        "FRANCE 3",
        "GERMANY 3",
        "INDIA 2",
        "INDONESIA 2",
        "IRAN 4",
        "IRAQ 4",
        "JAPAN 2",
        "JORDAN 4",
        "KENYA 0",
        "MOROCCO 0",
        "MOZAMBIQUE 0",
        "PERU 1",
        "CHINA 2",
        "ROMANIA 3",
        "SAUDI ARABIA 4",
        "VIETNAM 2",
        "RUSSIA 3",
        "UNITED KINGDOM 3",
        "UNITED STATES 1"
    };

    static final String[] COLOURS = (""
                    + "almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished"
                    + " chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab"
                    + " firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory"
                    + " khaki lace lavender lawn lemon light lime linen magenta maroon medium metallic midnight mint misty"
                    + " moccasin navajo navy olive orange orchid pale papaya peach peru pink plum powder puff purple red"
                    + " rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan thistle"
                    + " tomato turquoise violet wheat white yellow")
            .split(" ");

    static final String[] TYPE_SIZES = {"STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"};
    static final String[] TYPE_FINISHES = {"ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"};
    static final String[] TYPE_METALS = {"TIN", "NICKEL", "BRASS", "STEEL", "COPPER"};
    static final String[] CONTAINER_SIZES = {"SM", "LG", "MED", "JUMBO", "WRAP"};
    static final String[] CONTAINERS = {"CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"};
    static final String[] SEGMENTS = {"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"};
    static final String[] PRIORITIES = {"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"};
    static final String[] INSTRUCTIONS = {"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"};
    static final String[] MODES = {"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"};

    static final String[] COMMENT = (""
                    + "special requests pending deposits express packages regular accounts ironic theodolites final"
                    + " instructions unusual ideas bold foxes silent pinto beans quick dependencies careful platelets even"
                    + " asymptotes slow courts furious dolphins daring excuses blithe sentiments busy warhorses sleep nag"
                    + " haggle wake detect integrate among across above after carefully quickly slyly never about the")
            .split(" ");

    static final String LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,";

    private TpchWords() {}
}
