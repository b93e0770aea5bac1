-- What stands in for the use of a product's features: how many lines of each product family a
-- customer ordered on a day. A wholesaler who reorders from many families uses much of the range.
--
-- feature  the family, from words of the description (the file has no categories). The words were
--          chosen by reading the 160 commonest; the first family that matches wins; what matches
--          none is 'other'. Nothing after the as-of date went into the choice of words but the
--          names of the products themselves.
-- events   order lines, not pieces: pieces measure the size of the customer, which is the amount's
--          business (subscriptions.sql).
--
-- Left out: lines without CustomerID; cancellations (negative quantity: a return is not use);
-- charges that are no product (postage, manual entries, bank charges, discounts, samples).
SELECT
    CustomerID AS account_id,
    CAST(InvoiceDate AS DATE) AS used_on,
    CASE
        WHEN regexp_matches(Description, 'CHRISTMAS|XMAS|ADVENT|REINDEER|SNOWFLAKE|SANTA')
            THEN 'christmas'
        WHEN regexp_matches(Description, 'PARTY|BUNTING|BIRTHDAY|BALLOON|NAPKIN|DOILY|DOILIES')
            THEN 'party'
        WHEN regexp_matches(Description, 'T-LIGHT|LIGHT|LANTERN|CANDLE|LAMP|INCENSE')
            THEN 'lighting'
        WHEN regexp_matches(Description, 'CAKE|BAKING|COOKIE|JAM |JELLY|RECIPE|PANTRY|KITCHEN|OVEN')
            THEN 'baking and kitchen'
        WHEN regexp_matches(
            Description,
            'MUG|CUP|TEA|COFFEE|PLATE|BOWL|SAUCER|GLASS|CUTLERY|EGG|TRAY|COASTER|MILK|JUG|SPOON'
        )
            THEN 'tableware'
        WHEN regexp_matches(Description, 'BAG|PURSE|LUGGAGE|SHOPPER|UMBRELLA|LUNCH|WALLET')
            THEN 'bags and lunch'
        WHEN regexp_matches(
            Description, 'CARD|PAPER|PENCIL|NOTEBOOK|WRAP|RIBBON|STICKER|PEN |STAMP|CHALK|TISSUE'
        )
            THEN 'stationery'
        WHEN regexp_matches(
            Description, 'CHILD|TOY|DOLL|GAME|PUZZLE|SPACEBOY|GIRL|BOY|SKIPPING|PLASTERS|MARBLES'
        )
            THEN 'children'
        WHEN regexp_matches(Description, 'NECKLACE|BRACELET|EARRING|RING |BROOCH|CHARM|TRINKET')
            THEN 'jewellery'
        WHEN regexp_matches(Description, 'FELTCRAFT|CRAFT|SEWING|KNITTING|BUTTON')
            THEN 'crafts'
        WHEN regexp_matches(Description, 'GARDEN|PLANT|HERB|BIRD|FLOWER|WATERING|SEED')
            THEN 'garden'
        WHEN regexp_matches(
            Description, 'CUSHION|TOWEL|BLANKET|DOORMAT|RUG|APRON|HOT WATER|QUILT|WARMER'
        )
            THEN 'textiles'
        WHEN regexp_matches(
            Description, 'BOX|TIN|DRAWER|STORAGE|JAR|BASKET|CABINET|HOOK|KNOB|HANGER|RACK|CASES'
        )
            THEN 'storage'
        WHEN regexp_matches(
            Description, 'SIGN|FRAME|CLOCK|MIRROR|HEART|DECORATION|HANGING|WALL|MAGNET|ORNAMENT'
        )
            THEN 'decoration'
        ELSE 'other'
    END AS feature,
    count(*) AS events
FROM 'online_retail.csv.gz'
WHERE CustomerID IS NOT NULL
    AND CAST(Quantity AS INTEGER) > 0
    AND Description NOT IN (
        'POSTAGE', 'DOTCOM POSTAGE', 'CARRIAGE', 'Manual', 'Discount', 'Bank Charges', 'SAMPLES',
        'CRUK Commission'
    )
GROUP BY ALL
